package org.influxdb.querybuilder;

/** A query that can be written. */
public interface QueryStringBuilder {

    /**
     * Writes the query, without a semicolon at its end.
     *
     * @param stringBuilder takes the text
     * @return the builder given
     */
    StringBuilder buildQueryString(StringBuilder stringBuilder);

    /**
     * Writes the query, without a semicolon at its end.
     *
     * @return the text
     */
    StringBuilder buildQueryString();
}
