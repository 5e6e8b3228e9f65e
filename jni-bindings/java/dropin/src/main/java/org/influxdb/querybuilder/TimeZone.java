package org.influxdb.querybuilder;

/** The time zone that a query groups and answers in. */
public class TimeZone implements Appendable {

    private final String name;

    TimeZone(final String name) {
        this.name = name;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append("tz('").append(name).append("')");
    }
}
