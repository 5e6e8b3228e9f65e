package org.influxdb.querybuilder.time;

/** Units of durations. */
public final class DurationLiteral {

    /** The unit's English name, which no server takes for a unit: write {@code ns}. */
    public static final String NANOSECONDS = "NANOSECONDS";
    /** Microseconds. */
    public static final String MICROSECONDS = "\u00b5";
    /** Milliseconds. */
    public static final String MILLISECONDS = "ms";
    /** Seconds. */
    public static final String SECOND = "s";
    /** Minutes. */
    public static final String MINUTE = "m";
    /** Hours. */
    public static final String HOUR = "h";
    /** Days. */
    public static final String DAY = "d";
    /** Weeks. */
    public static final String WEEK = "w";

    private DurationLiteral() {}
}
