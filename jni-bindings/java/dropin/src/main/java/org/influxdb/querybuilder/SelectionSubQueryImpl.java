package org.influxdb.querybuilder;

import org.influxdb.querybuilder.clauses.FromClause;
import org.influxdb.querybuilder.clauses.OperationClause;
import org.influxdb.querybuilder.clauses.RawFromClause;
import org.influxdb.querybuilder.clauses.SimpleClause;
import org.influxdb.querybuilder.clauses.SimpleFromClause;

/**
 * What a query selects that another reads from. Not safe for use by several threads.
 *
 * @param <T> the type of the query that reads from it
 */
public class SelectionSubQueryImpl<T extends WithSubquery> extends SubQuery<T> implements Selection, WithSubquery {

    private final SelectionCoreImpl selection = new SelectionCoreImpl();
    private QueryStringBuilder subQuery;

    SelectionSubQueryImpl(final T parent) {
        super(parent);
    }

    @Override
    public SelectionSubQueryImpl<T> distinct() {
        selection.distinct();
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> as(final String aliasName) {
        selection.as(aliasName);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> all() {
        selection.all();
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> countAll() {
        selection.countAll();
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> column(final String name) {
        selection.column(name);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> regex(final String clause) {
        selection.regex(clause);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> function(final String name, final Object... parameters) {
        selection.function(name, parameters);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> raw(final String text) {
        selection.raw(text);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> count(final Object column) {
        selection.count(column);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> max(final Object column) {
        selection.max(column);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> min(final Object column) {
        selection.min(column);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> sum(final Object column) {
        selection.sum(column);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> mean(final Object column) {
        selection.mean(column);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> op(final OperationClause operationClause) {
        selection.op(operationClause);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> op(final Object arg1, final String op, final Object arg2) {
        selection.op(arg1, op, arg2);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> cop(final SimpleClause simpleClause) {
        selection.cop(simpleClause);
        return this;
    }

    @Override
    public SelectionSubQueryImpl<T> cop(final String column, final String op, final Object arg2) {
        selection.cop(column, op, arg2);
        return this;
    }

    /**
     * Reads from what a text says.
     *
     * @param text the text, which stands in the query as it is
     * @return the query
     * @throws IllegalArgumentException if the text is {@code null}
     */
    public SelectSubQueryImpl<T> fromRaw(final String text) {
        return query(new RawFromClause(text));
    }

    /**
     * Reads from measurements.
     *
     * @param tables the measurements
     * @return the query
     * @throws IllegalArgumentException if the array is {@code null} or empty
     */
    public SelectSubQueryImpl<T> from(final String[] tables) {
        return query(SelectionQueryImpl.several(tables));
    }

    /**
     * Reads from a measurement.
     *
     * @param table the measurement
     * @return the query
     * @throws IllegalArgumentException if it is {@code null}
     */
    public SelectSubQueryImpl<T> from(final String table) {
        return query(new SimpleFromClause(table));
    }

    /**
     * Reads from another query.
     *
     * @return what the inner query selects
     */
    public SelectionSubQueryImpl<SelectSubQueryImpl<T>> fromSubQuery() {
        return new SelectionSubQueryImpl<>(query(null));
    }

    private SelectSubQueryImpl<T> query(final FromClause from) {
        return new SelectSubQueryImpl<>(parent(), selection, from);
    }

    @Override
    public void setSubQuery(final QueryStringBuilder query) {
        subQuery = query;
    }

    /**
     * The text of the query to read from, if one was set.
     *
     * @return the text, or {@code null}
     */
    @Override
    public StringBuilder buildQueryString() {
        return subQuery == null ? null : subQuery.buildQueryString();
    }

    /**
     * The text of the query to read from, if one was set.
     *
     * @param builder takes the text
     * @return the builder given, or {@code null}
     */
    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        return subQuery == null ? null : subQuery.buildQueryString(builder);
    }
}
