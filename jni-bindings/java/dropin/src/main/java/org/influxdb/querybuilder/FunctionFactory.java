package org.influxdb.querybuilder;

import org.influxdb.querybuilder.time.TimeInterval;

/** Makes the functions and other terms that expressions are built of. */
public final class FunctionFactory {

    private FunctionFactory() {}

    /**
     * A call of a function.
     *
     * @param name the function
     * @param parameters what to call it with; a {@code String} is a column's name
     * @return the call
     * @throws NullPointerException if the parameters are {@code null}
     */
    public static Function function(final String name, final Object... parameters) {
        Object[] terms = new Object[parameters.length];
        for (int i = 0; i < terms.length; i++) {
            terms[i] = term(parameters[i]);
        }
        return new Function(name, terms);
    }

    /** A text names a column. */
    private static Object term(final Object value) {
        return value instanceof String ? column((String) value) : value;
    }

    /**
     * The time of the server.
     *
     * @return {@code now()}
     */
    public static Object now() {
        return new Function("now");
    }

    /**
     * The number of values.
     *
     * @param column the column
     * @return {@code COUNT(column)}
     */
    public static Object count(final Object column) {
        return function(Aggregations.COUNT, column);
    }

    /**
     * The greatest value.
     *
     * @param column the column
     * @return {@code MAX(column)}
     */
    public static Object max(final Object column) {
        return function(Aggregations.MAX, column);
    }

    /**
     * The least value.
     *
     * @param column the column
     * @return {@code MIN(column)}
     */
    public static Object min(final Object column) {
        return function(Aggregations.MIN, column);
    }

    /**
     * The sum of the values.
     *
     * @param column the column
     * @return {@code SUM(column)}
     */
    public static Object sum(final Object column) {
        return function(Aggregations.SUM, column);
    }

    /**
     * The mean of the values.
     *
     * @param column the column
     * @return {@code MEAN(column)}
     */
    public static Object mean(final Object column) {
        return function(Aggregations.MEAN, column);
    }

    /**
     * Groups of rows of equal lengths of time.
     *
     * @param timeInterval how many units a group is long
     * @param durationLiteral the unit
     * @return {@code time(interval)}
     */
    public static Object time(final Long timeInterval, final String durationLiteral) {
        return new Function("time", new TimeInterval(timeInterval, durationLiteral));
    }

    /**
     * Groups of rows of equal lengths of time that begin some time later than the clock's round times.
     *
     * @param timeInterval how many units a group is long
     * @param durationLiteral the unit
     * @param offSetInterval how many units later
     * @param offSetLiteral the unit of that
     * @return {@code time(interval,offset)}
     */
    public static Object time(
            final Long timeInterval,
            final String durationLiteral,
            final Long offSetInterval,
            final String offSetLiteral) {
        return new Function(
                "time",
                new TimeInterval(timeInterval, durationLiteral),
                new TimeInterval(offSetInterval, offSetLiteral));
    }

    /**
     * A column.
     *
     * @param name its name
     * @return the column
     */
    public static Object column(final String name) {
        return new Column(name);
    }

    /**
     * A parameter that a value is bound to.
     *
     * @param name its name
     * @return the parameter
     */
    public static Object placeholder(final String name) {
        return new Placeholder(name);
    }
}
