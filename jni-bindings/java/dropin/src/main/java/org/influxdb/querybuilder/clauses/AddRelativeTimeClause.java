package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.time.TimeInterval;

/** A time some way after the server's own. */
public class AddRelativeTimeClause extends RelativeTimeClause {

    /**
     * A time.
     *
     * @param timeInterval how far away
     */
    public AddRelativeTimeClause(final TimeInterval timeInterval) {
        super("+", timeInterval);
    }
}
