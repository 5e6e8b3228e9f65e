package org.influxdb.querybuilder;

/** A part of a query that writes its own text. */
public interface Appendable {

    /**
     * Writes the text.
     *
     * @param stringBuilder takes the text
     */
    void appendTo(StringBuilder stringBuilder);
}
