package org.influxdb.querybuilder;

/** Operators of conditions. */
public final class Operations {

    /** {@value}. */
    public static final String EQ = "=";
    /** {@value}. */
    public static final String NE = "!=";
    /** {@value}. */
    public static final String NEQ = "<>";
    /** {@value}. */
    public static final String LT = "<";
    /** {@value}. */
    public static final String LTE = "<=";
    /** {@value}. */
    public static final String GT = ">";
    /** {@value}. */
    public static final String GTE = ">=";

    /** {@value}. */
    public static final String EQR = "=~";
    /** {@value}. */
    public static final String NER = "!~";
    /** {@value}. */
    public static final String ADD = "+";
    /** {@value}. */
    public static final String SUB = "-";
    /** {@value}. */
    public static final String MUL = "*";

    private Operations() {}
}
