package org.influxdb.querybuilder.time;

import org.influxdb.querybuilder.Appendable;

/** A length of time. */
public class TimeInterval implements Appendable {

    private final Long measure;
    private final String literal;

    /**
     * A length of time.
     *
     * @param measure how many units
     * @param literal the unit, see {@link DurationLiteral}
     */
    public TimeInterval(final Long measure, final String literal) {
        this.measure = measure;
        this.literal = literal;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(measure).append(literal);
    }
}
