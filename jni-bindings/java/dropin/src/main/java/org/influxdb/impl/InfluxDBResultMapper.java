package org.influxdb.impl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDBMapperException;
import org.influxdb.annotation.Measurement;
import org.influxdb.dto.QueryResult;

/**
 * Makes objects of the rows of a query's result.
 *
 * <p>A column goes to the field that {@link org.influxdb.annotation.Column} names after it, in the class
 * or one that it extends, or to the component of a record. Columns that no field is named after are left
 * out, and fields without a value keep what the constructor gave them. Safe for use by several threads.
 */
public class InfluxDBResultMapper {

    /** A mapper; one is as good as another. */
    public InfluxDBResultMapper() {}

    /**
     * Makes an object of every row of the measurement that a class is marked with.
     *
     * @param queryResult the result; times that are numbers are milliseconds
     * @param clazz a class marked with {@link Measurement}, with a constructor without parameters, or a record
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws InfluxDBMapperException if the result has an error, or a value does not fit its field
     * @throws NullPointerException if the result is {@code null}
     * @throws IllegalArgumentException if the class is not marked
     */
    public <T> List<T> toPOJO(final QueryResult queryResult, final Class<T> clazz) throws InfluxDBMapperException {
        return toPOJO(queryResult, clazz, TimeUnit.MILLISECONDS);
    }

    /**
     * Makes an object of every row of the measurement that a class is marked with.
     *
     * @param queryResult the result
     * @param clazz a class marked with {@link Measurement}, with a constructor without parameters, or a record
     * @param precision the unit of times that are numbers
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws InfluxDBMapperException if the result has an error, or a value does not fit its field
     * @throws NullPointerException if the result is {@code null}
     * @throws IllegalArgumentException if the class is not marked
     */
    public <T> List<T> toPOJO(final QueryResult queryResult, final Class<T> clazz, final TimeUnit precision)
            throws InfluxDBMapperException {
        return toPOJO(queryResult, clazz, marked(clazz).name(), precision);
    }

    /**
     * Makes an object of every row of a measurement.
     *
     * @param queryResult the result; times that are numbers are milliseconds
     * @param clazz a class with a constructor without parameters, or a record
     * @param measurementName the measurement
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws InfluxDBMapperException if the result has an error, or a value does not fit its field
     * @throws NullPointerException if the result or the measurement is {@code null}
     */
    public <T> List<T> toPOJO(final QueryResult queryResult, final Class<T> clazz, final String measurementName)
            throws InfluxDBMapperException {
        return toPOJO(queryResult, clazz, measurementName, TimeUnit.MILLISECONDS);
    }

    /**
     * Makes an object of every row of a measurement.
     *
     * @param queryResult the result
     * @param clazz a class with a constructor without parameters, or a record
     * @param measurementName the measurement
     * @param precision the unit of times that are numbers
     * @param <T> the class
     * @return the objects, in the order of the rows
     * @throws InfluxDBMapperException if the result has an error, or a value does not fit its field
     * @throws NullPointerException if the result or the measurement is {@code null}
     */
    public <T> List<T> toPOJO(
            final QueryResult queryResult, final Class<T> clazz, final String measurementName, final TimeUnit precision)
            throws InfluxDBMapperException {
        Objects.requireNonNull(measurementName, "measurementName");
        Objects.requireNonNull(queryResult, "queryResult");
        Objects.requireNonNull(clazz, "clazz");
        check(queryResult);
        MappedClass<T> mapped = MappedClass.of(clazz);
        List<T> objects = new ArrayList<>();
        for (QueryResult.Result result : queryResult.getResults()) {
            if (result.getSeries() != null) {
                for (QueryResult.Series series : result.getSeries()) {
                    if (series.getName().equals(measurementName)) {
                        add(series, mapped, precision, objects);
                    }
                }
            }
        }
        return objects;
    }

    private static void check(final QueryResult queryResult) {
        if (queryResult.hasError()) {
            throw new InfluxDBMapperException("InfluxDB returned an error: " + queryResult.getError());
        }
        for (QueryResult.Result result : queryResult.getResults()) {
            if (result.hasError()) {
                throw new InfluxDBMapperException("InfluxDB returned an error with Series: " + result.getError());
            }
        }
    }

    private static <T> void add(
            final QueryResult.Series series,
            final MappedClass<T> mapped,
            final TimeUnit precision,
            final List<T> objects) {
        List<String> columns = series.getColumns();
        MappedColumn[] mappings = new MappedColumn[columns.size()];
        boolean any = false;
        for (int i = 0; i < mappings.length; i++) {
            mappings[i] = mapped.column(columns.get(i));
            any |= mappings[i] != null;
        }
        for (List<Object> row : series.getValues()) {
            if (any) {
                MappedClass<T>.Maker maker = mapped.maker(precision);
                for (int i = 0; i < mappings.length; i++) {
                    if (mappings[i] != null) {
                        maker.set(mappings[i], valueAt(row, i));
                    }
                }
                if (series.getTags() != null) {
                    series.getTags().forEach((tag, value) -> maker.set(mapped.column(tag), value));
                }
                objects.add(maker.make());
            }
        }
    }

    /** The value of a column, exact where a double is not, and a time where a number would need a unit. */
    private static Object valueAt(final List<Object> row, final int column) {
        return row instanceof ExactValues && !Legacy.isOn() ? ((ExactValues) row).exact(column) : row.get(column);
    }

    /** What a class is marked with. */
    static Measurement marked(final Class<?> clazz) {
        Measurement measurement = clazz.getAnnotation(Measurement.class);
        if (measurement == null) {
            throw new IllegalArgumentException("Class " + clazz.getName() + " is not annotated with @Measurement");
        }
        return measurement;
    }
}
