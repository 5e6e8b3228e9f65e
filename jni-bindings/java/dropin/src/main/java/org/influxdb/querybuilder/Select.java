package org.influxdb.querybuilder;

import org.influxdb.querybuilder.clauses.Clause;

/**
 * A {@code SELECT} with its clauses. What is set twice holds as it was set last; a limit without an offset cannot be
 * set over another.
 *
 * <p>The type parameters of the methods are whatever the caller expects: a class that implements this
 * interface says what it returns.
 */
public interface Select {

    /**
     * Begins the conditions.
     *
     * @param <T> what is returned
     * @return the conditions
     */
    <T extends Where> T where();

    /**
     * Adds a condition.
     *
     * @param clause the condition
     * @param <T> what is returned
     * @return the conditions
     */
    <T extends Where> T where(Clause clause);

    /**
     * Adds a condition.
     *
     * @param text the condition, which stands in the query as it is
     * @param <T> what is returned
     * @return the conditions
     * @throws IllegalArgumentException if the text is {@code null}
     */
    <T extends Where> T where(String text);

    /**
     * Orders the rows.
     *
     * @param ordering the order
     * @param <T> what is returned
     * @return this query
     */
    <T extends Select> T orderBy(Ordering ordering);

    /**
     * Groups the rows.
     *
     * @param columns the columns, or functions of time
     * @param <T> what is returned
     * @return this query
     * @throws NullPointerException if the columns are {@code null}
     */
    <T extends Select> T groupBy(Object... columns);

    /**
     * Fills groups without rows with a number.
     *
     * @param value the number
     * @param <T> what is returned
     * @return this query
     */
    <T extends Select> T fill(Number value);

    /**
     * Fills groups without rows.
     *
     * @param value {@code linear}, {@code none}, {@code null} or {@code previous}
     * @param <T> what is returned
     * @return this query
     * @throws IllegalArgumentException if it is something else
     */
    <T extends Select> T fill(String value);

    /**
     * Limits the rows of a series.
     *
     * @param limit how many rows
     * @param <T> what is returned
     * @return this query
     * @throws IllegalStateException if there is such a limit already
     * @throws IllegalArgumentException if the number is not positive
     */
    <T extends Select> T limit(int limit);

    /**
     * Limits the rows of a series, from a row on.
     *
     * @param limit how many rows
     * @param offSet how many rows to leave out before
     * @param <T> what is returned
     * @return this query
     * @throws IllegalArgumentException if a number is not positive
     */
    <T extends Select> T limit(int limit, long offSet);

    /**
     * Limits the series.
     *
     * @param sLimit how many series
     * @param <T> what is returned
     * @return this query
     * @throws IllegalStateException if there is such a limit already
     * @throws IllegalArgumentException if the number is not positive
     */
    <T extends Select> T sLimit(int sLimit);

    /**
     * Limits the series, from a series on.
     *
     * @param sLimit how many series
     * @param sOffSet how many series to leave out before
     * @param <T> what is returned
     * @return this query
     * @throws IllegalArgumentException if a number is not positive
     */
    <T extends Select> T sLimit(int sLimit, long sOffSet);

    /**
     * Sets the time zone.
     *
     * @param timezone the zone's name in the tz database
     * @param <T> what is returned
     * @return this query
     */
    <T extends Select> T tz(String timezone);
}
