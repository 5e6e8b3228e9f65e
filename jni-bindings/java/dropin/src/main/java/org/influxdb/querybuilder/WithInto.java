package org.influxdb.querybuilder;

/** A {@code SELECT} whose result can be stored. */
public interface WithInto {

    /**
     * Stores the result in a measurement.
     *
     * @param measurement the measurement, as it is to stand in the query
     * @return this object
     */
    WithInto into(String measurement);
}
