package org.influxdb.querybuilder;

/** A query that reads from another. */
public interface WithSubquery {

    /**
     * Sets the query to read from.
     *
     * @param query the query
     */
    void setSubQuery(QueryStringBuilder query);
}
