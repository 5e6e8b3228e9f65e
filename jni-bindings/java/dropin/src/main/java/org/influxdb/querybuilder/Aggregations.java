package org.influxdb.querybuilder;

/** Names of functions. */
public final class Aggregations {

    /** {@value}. */
    public static final String COUNT = "COUNT";
    /** {@value}. */
    public static final String MAX = "MAX";
    /** {@value}. */
    public static final String MIN = "MIN";
    /** {@value}. */
    public static final String SUM = "SUM";
    /** {@value}. */
    public static final String MEAN = "MEAN";

    private Aggregations() {}
}
