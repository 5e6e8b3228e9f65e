package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.time.TimeInterval;

/** A time some way from the server's own. */
public class RelativeTimeClause extends AbstractClause {

    private final String rule;
    private final TimeInterval timeInterval;

    RelativeTimeClause(final String rule, final TimeInterval timeInterval) {
        this.rule = rule;
        this.timeInterval = timeInterval;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append("now() ").append(rule).append(' ');
        timeInterval.appendTo(stringBuilder);
    }
}
