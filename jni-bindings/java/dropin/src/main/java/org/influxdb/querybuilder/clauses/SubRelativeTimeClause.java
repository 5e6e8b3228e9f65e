package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.time.TimeInterval;

/** A time some way before the server's own. */
public class SubRelativeTimeClause extends RelativeTimeClause {

    /**
     * A time.
     *
     * @param timeInterval how far away
     */
    public SubRelativeTimeClause(final TimeInterval timeInterval) {
        super("-", timeInterval);
    }
}
