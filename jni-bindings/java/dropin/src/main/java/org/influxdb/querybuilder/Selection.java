package org.influxdb.querybuilder;

import org.influxdb.querybuilder.clauses.OperationClause;
import org.influxdb.querybuilder.clauses.SimpleClause;

/** What a query selects: the columns before its {@code FROM}. Without any it selects them all. */
public interface Selection {

    /**
     * Has every value of the column selected last count once.
     *
     * @return this selection
     * @throws IllegalStateException if no column was selected, or more than one
     */
    Selection distinct();

    /**
     * Names the column selected last.
     *
     * @param aliasName the name, as it is to stand in the query
     * @return this selection
     * @throws IllegalStateException if no column was selected since the last name was given
     */
    Selection as(String aliasName);

    /**
     * Selects all columns.
     *
     * @return this selection
     * @throws IllegalStateException if something is selected already
     */
    Selection all();

    /**
     * Counts the values of all columns.
     *
     * @return this selection
     * @throws IllegalStateException if something is selected already
     */
    Selection countAll();

    /**
     * Selects the columns whose names match a regular expression.
     *
     * @param clause the expression with its slashes
     * @return this selection
     */
    Selection regex(String clause);

    /**
     * Selects a column.
     *
     * @param name the column
     * @return this selection
     */
    Selection column(String name);

    /**
     * Selects what a function makes of columns and values.
     *
     * @param name the function
     * @param parameters what to call it with; a {@code String} is a column's name
     * @return this selection
     */
    Selection function(String name, Object... parameters);

    /**
     * Selects what a text says.
     *
     * @param text the text, which stands in the query as it is
     * @return this selection
     */
    Selection raw(String text);

    /**
     * Selects the number of a column's values.
     *
     * @param column the column
     * @return this selection
     */
    Selection count(Object column);

    /**
     * Selects the greatest of a column's values.
     *
     * @param column the column
     * @return this selection
     */
    Selection max(Object column);

    /**
     * Selects the least of a column's values.
     *
     * @param column the column
     * @return this selection
     */
    Selection min(Object column);

    /**
     * Selects the sum of a column's values.
     *
     * @param column the column
     * @return this selection
     */
    Selection sum(Object column);

    /**
     * Selects the mean of a column's values.
     *
     * @param column the column
     * @return this selection
     */
    Selection mean(Object column);

    /**
     * Selects the result of an operation.
     *
     * @param operationClause the operation
     * @return this selection
     */
    Selection op(OperationClause operationClause);

    /**
     * Selects the result of an operation.
     *
     * @param arg1 the value on the left
     * @param op the operator
     * @param arg2 the value on the right
     * @return this selection
     */
    Selection op(Object arg1, String op, Object arg2);

    /**
     * Selects the result of an operation on a column.
     *
     * @param simpleClause the operation
     * @return this selection
     */
    Selection cop(SimpleClause simpleClause);

    /**
     * Selects the result of an operation on a column.
     *
     * @param column the column
     * @param op the operator
     * @param arg2 the value on the right
     * @return this selection
     */
    Selection cop(String column, String op, Object arg2);
}
