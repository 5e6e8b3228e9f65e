package org.influxdb.querybuilder;

import java.util.List;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;

/** The conditions of a query, and what follows them. */
public interface Where {

    /**
     * Adds a condition that must hold, too.
     *
     * @param clause the condition
     * @param <T> what is returned
     * @return these conditions
     */
    <T extends Where> T and(Clause clause);

    /**
     * Adds a condition that may hold instead.
     *
     * @param clause the condition
     * @param <T> what is returned
     * @return these conditions
     */
    <T extends Where> T or(Clause clause);

    /**
     * The conditions.
     *
     * @return the query's own list
     */
    List<ConjunctionClause> getClauses();

    /**
     * Begins conditions in parentheses that must hold, too.
     *
     * @return the conditions in parentheses
     */
    @SuppressWarnings("rawtypes")
    WhereNested andNested();

    /**
     * Begins conditions in parentheses that may hold instead.
     *
     * @return the conditions in parentheses
     */
    @SuppressWarnings("rawtypes")
    WhereNested orNested();

    /**
     * Orders the rows, see {@link Select#orderBy}.
     *
     * @param ordering the order
     * @param <T> what is returned
     * @return the query
     */
    <T extends Select> T orderBy(Ordering ordering);

    /**
     * Groups the rows, see {@link Select#groupBy}.
     *
     * @param columns the columns, or functions of time
     * @param <T> what is returned
     * @return the query
     */
    <T extends Select> T groupBy(Object... columns);

    /**
     * Limits the rows of a series, see {@link Select#limit(int)}.
     *
     * @param limit how many rows
     * @param <T> what is returned
     * @return the query
     */
    <T extends Select> T limit(int limit);

    /**
     * Limits the rows of a series, see {@link Select#limit(int, long)}.
     *
     * @param limit how many rows
     * @param offSet how many rows to leave out before
     * @param <T> what is returned
     * @return the query
     */
    <T extends Select> T limit(int limit, long offSet);
}
