package org.influxdb.impl;

import java.util.List;
import java.util.regex.Pattern;
import org.influxdb.InfluxDB;
import org.influxdb.annotation.Measurement;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;

/** Reads and saves objects of classes marked with {@link Measurement}. As safe for several threads as its client is. */
public class InfluxDBMapper extends InfluxDBResultMapper {

    private static final String UNASSIGNED = "[unassigned]";
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_]\\w*");

    private final InfluxDB influxDB;

    /**
     * A mapper.
     *
     * @param influxDB what it reads and saves by
     */
    public InfluxDBMapper(final InfluxDB influxDB) {
        this.influxDB = influxDB;
    }

    /**
     * Reads the objects that a query answers with.
     *
     * @param query the query
     * @param clazz a class with a constructor without parameters, or a record
     * @param measurementName the measurement
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws org.influxdb.InfluxDBException if the query fails
     * @throws org.influxdb.InfluxDBMapperException if its result has an error, or a value does not fit its field
     */
    public <T> List<T> query(final Query query, final Class<T> clazz, final String measurementName) {
        QueryResult queryResult = influxDB.query(query);
        return toPOJO(queryResult, clazz, measurementName);
    }

    /**
     * Reads the objects that a query answers with.
     *
     * @param query the query
     * @param clazz a class marked with {@link Measurement}
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws IllegalArgumentException if the class is not marked
     * @throws org.influxdb.InfluxDBException if the query fails
     * @throws org.influxdb.InfluxDBMapperException if its result has an error, or a value does not fit its field
     */
    public <T> List<T> query(final Query query, final Class<T> clazz) {
        return query(query, clazz, marked(clazz).name());
    }

    /**
     * Reads all objects of a class.
     *
     * @param clazz a class marked with {@link Measurement}, which has to name the database
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws IllegalArgumentException if the class is not marked, or the mark names no database
     * @throws org.influxdb.InfluxDBException if the query fails
     * @throws org.influxdb.InfluxDBMapperException if its result has an error, or a value does not fit its field
     */
    public <T> List<T> query(final Class<T> clazz) {
        Measurement measurement = marked(clazz);
        if (measurement.database().equals(UNASSIGNED)) {
            throw new IllegalArgumentException(
                    "Measurement of class " + clazz.getName() + " should specify a database value for this operation");
        }
        Query query = new Query("SELECT * FROM " + quoted(measurement.name()), measurement.database());
        return query(query, clazz, measurement.name());
    }

    /** A measurement as InfluxQL names it. */
    private static String quoted(final String measurement) {
        if (PLAIN_NAME.matcher(measurement).matches() || Legacy.isOn()) {
            return measurement;
        }
        return '"' + measurement.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /**
     * Saves an object: in the database and retention policy that its class is marked with, or where the
     * client writes to if the mark names no database.
     *
     * @param model an object of a class marked with {@link Measurement}
     * @param <T> the class
     * @throws IllegalArgumentException if the class is not marked
     * @throws org.influxdb.BuilderException if the object has no field with a value
     * @throws org.influxdb.InfluxDBException if the write fails
     */
    public <T> void save(final T model) {
        Measurement measurement = marked(model.getClass());
        Point point = Point.measurementByPOJO(model.getClass())
                .addFieldsFromPOJO(model)
                .build();
        if (measurement.database().equals(UNASSIGNED)) {
            influxDB.write(point);
        } else {
            influxDB.write(measurement.database(), measurement.retentionPolicy(), point);
        }
    }
}
