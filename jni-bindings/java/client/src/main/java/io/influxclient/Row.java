package io.influxclient;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;

/**
 * One row of a {@link Series}. Integers are exact up to 64 bits; nothing goes through a floating-point number.
 * Immutable.
 */
public final class Row {

    private final Series series;
    private final Object[] values;

    Row(Series series, Object[] values) {
        this.series = series;
        this.values = values;
    }

    /**
     * A value as it came.
     *
     * @param column the name of its column
     * @return a Long, Double, Boolean or String; a BigInteger over 2<sup>63</sup>-1; null for none
     * @throws IllegalArgumentException if there is no such column
     */
    public Object get(String column) {
        int index = series.columns().indexOf(column);
        if (index < 0) {
            throw new IllegalArgumentException("there is no column " + column + " in " + series.columns());
        }
        return values[index];
    }

    /**
     * A value as it came.
     *
     * @param index the place of its column, from 0
     * @return as {@link #get(String)}
     * @throws IndexOutOfBoundsException if there is no such column
     */
    public Object get(int index) {
        return values[index];
    }

    /**
     * Whether there is no value.
     *
     * @param column the name of its column
     * @return whether it is null
     * @throws IllegalArgumentException if there is no such column
     */
    public boolean isNull(String column) {
        return get(column) == null;
    }

    /**
     * An integer.
     *
     * @param column the name of its column
     * @return the number
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is null or no integer of 64 bits
     */
    public long getLong(String column) {
        Object value = get(column);
        if (value instanceof Long) {
            return (Long) value;
        }
        throw misfit(column, "an integer", value);
    }

    /**
     * A number as a floating-point number. Servers write whole ones without a point, so those are taken, too.
     *
     * @param column the name of its column
     * @return the number; an integer over 2<sup>53</sup> is rounded
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is null or no number
     */
    public double getDouble(String column) {
        Object value = get(column);
        if (value instanceof Double || value instanceof Long || value instanceof BigInteger) {
            return ((Number) value).doubleValue();
        }
        throw misfit(column, "a number", value);
    }

    /**
     * A text.
     *
     * @param column the name of its column
     * @return the text
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is null or no text
     */
    public String getString(String column) {
        Object value = get(column);
        if (value instanceof String) {
            return (String) value;
        }
        throw misfit(column, "a text", value);
    }

    /**
     * A truth value.
     *
     * @param column the name of its column
     * @return the value
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is null or no truth value
     */
    public boolean getBoolean(String column) {
        Object value = get(column);
        if (value instanceof Boolean) {
            return (Boolean) value;
        }
        throw misfit(column, "a truth value", value);
    }

    /**
     * The time of the row: that of the column {@code time}.
     *
     * @return the time, exact to the unit of {@link Query#epoch(Precision)}
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is no time
     */
    public Instant time() {
        return getTime("time");
    }

    /**
     * A time.
     *
     * @param column the name of its column
     * @return the time, exact to the unit of {@link Query#epoch(Precision)}
     * @throws IllegalArgumentException if there is no such column
     * @throws QueryException if the value is null or no time
     */
    public Instant getTime(String column) {
        Object value = get(column);
        if (value instanceof Long) {
            return series.precision().instant((Long) value);
        }
        if (value instanceof String) {
            try {
                return Instant.parse((String) value);
            } catch (DateTimeException e) {
                throw misfit(column, "a time", value);
            }
        }
        throw misfit(column, "a time", value);
    }

    private static QueryException misfit(String column, String wanted, Object value) {
        String found = value == null ? "null" : "a " + value.getClass().getSimpleName();
        return QueryException.row("column " + column + " is not " + wanted + " but " + found);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
