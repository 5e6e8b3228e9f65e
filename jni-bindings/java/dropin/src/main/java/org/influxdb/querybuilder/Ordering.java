package org.influxdb.querybuilder;

/** The order of the rows, by time. */
public class Ordering implements Appendable {

    private final boolean descending;

    Ordering(final boolean descending) {
        this.descending = descending;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(descending ? "time DESC" : "time ASC");
    }
}
