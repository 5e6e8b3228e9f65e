package org.influxdb.querybuilder;

import java.util.Arrays;
import org.influxdb.querybuilder.clauses.FromClause;
import org.influxdb.querybuilder.clauses.MultipleFromClause;
import org.influxdb.querybuilder.clauses.OperationClause;
import org.influxdb.querybuilder.clauses.RawFromClause;
import org.influxdb.querybuilder.clauses.SimpleClause;
import org.influxdb.querybuilder.clauses.SimpleFromClause;

/** What a query selects, before it is said what it reads from. Not safe for use by several threads. */
public class SelectionQueryImpl implements Selection, WithInto {

    private final SelectionCoreImpl selection;
    private boolean requiresPost;

    SelectionQueryImpl(final SelectionCoreImpl selection) {
        this.selection = selection;
    }

    /**
     * Has the query sent by {@code POST}, as one must be whose result is stored.
     *
     * @return this selection
     */
    public SelectionQueryImpl requiresPost() {
        requiresPost = true;
        return this;
    }

    @Override
    public SelectionQueryImpl distinct() {
        selection.distinct();
        return this;
    }

    @Override
    public SelectionQueryImpl as(final String aliasName) {
        selection.as(aliasName);
        return this;
    }

    @Override
    public SelectionQueryImpl all() {
        selection.all();
        return this;
    }

    @Override
    public SelectionQueryImpl countAll() {
        selection.countAll();
        return this;
    }

    @Override
    public SelectionQueryImpl column(final String name) {
        selection.column(name);
        return this;
    }

    @Override
    public SelectionQueryImpl regex(final String clause) {
        selection.regex(clause);
        return this;
    }

    @Override
    public SelectionQueryImpl function(final String name, final Object... parameters) {
        selection.function(name, parameters);
        return this;
    }

    @Override
    public SelectionQueryImpl raw(final String text) {
        selection.raw(text);
        return this;
    }

    @Override
    public SelectionQueryImpl count(final Object column) {
        selection.count(column);
        return this;
    }

    @Override
    public SelectionQueryImpl max(final Object column) {
        selection.max(column);
        return this;
    }

    @Override
    public SelectionQueryImpl min(final Object column) {
        selection.min(column);
        return this;
    }

    @Override
    public SelectionQueryImpl sum(final Object column) {
        selection.sum(column);
        return this;
    }

    @Override
    public SelectionQueryImpl mean(final Object column) {
        selection.mean(column);
        return this;
    }

    @Override
    public SelectionQueryImpl op(final OperationClause operationClause) {
        selection.op(operationClause);
        return this;
    }

    @Override
    public SelectionQueryImpl op(final Object arg1, final String op, final Object arg2) {
        selection.op(arg1, op, arg2);
        return this;
    }

    @Override
    public SelectionQueryImpl cop(final SimpleClause simpleClause) {
        selection.cop(simpleClause);
        return this;
    }

    @Override
    public SelectionQueryImpl cop(final String column, final String op, final Object arg2) {
        selection.cop(column, op, arg2);
        return this;
    }

    @Override
    public SelectionQueryImpl into(final String measurement) {
        selection.into(measurement);
        return this;
    }

    /**
     * Reads from a measurement.
     *
     * @param database the database
     * @param table the measurement
     * @return the query
     * @throws IllegalArgumentException if the measurement is {@code null}
     */
    public SelectQueryImpl from(final String database, final String table) {
        return query(database, new SimpleFromClause(table));
    }

    /**
     * Reads from measurements.
     *
     * @param database the database
     * @param table the measurements
     * @return the query
     * @throws IllegalArgumentException if the array is {@code null} or empty
     */
    public SelectQueryImpl from(final String database, final String[] table) {
        return query(database, several(table));
    }

    /**
     * Reads from what a text says.
     *
     * @param database the database
     * @param text the text, which stands in the query as it is
     * @return the query
     * @throws IllegalArgumentException if the text is {@code null}
     */
    public SelectQueryImpl fromRaw(final String database, final String text) {
        return query(database, new RawFromClause(text));
    }

    /**
     * Reads from a query that is set later by {@link SelectQueryImpl#setSubQuery}.
     *
     * @param database the database
     * @return the query, whose text cannot be had before
     */
    public SelectQueryImpl from(final String database) {
        return query(database, null);
    }

    /**
     * Reads from all columns of a measurement, by way of a query of its own.
     *
     * @param database the database
     * @param table the measurement
     * @return the inner query
     * @throws IllegalArgumentException if the measurement is {@code null}
     */
    public SelectSubQueryImpl<SelectQueryImpl> fromSubQuery(final String database, final String table) {
        return subQuery(database, new SimpleFromClause(table));
    }

    /**
     * Reads from all columns of measurements, by way of a query of its own.
     *
     * @param database the database
     * @param tables the measurements
     * @return the inner query
     * @throws IllegalArgumentException if the array is {@code null} or empty
     */
    public SelectSubQueryImpl<SelectQueryImpl> fromSubQuery(final String database, final String[] tables) {
        return subQuery(database, several(tables));
    }

    /**
     * Reads from all columns of what a text says, by way of a query of its own.
     *
     * @param database the database
     * @param text the text, which stands in the query as it is
     * @return the inner query
     * @throws IllegalArgumentException if the text is {@code null}
     */
    public SelectSubQueryImpl<SelectQueryImpl> fromSubQueryRaw(final String database, final String text) {
        return subQuery(database, new RawFromClause(text));
    }

    /**
     * Reads from another query.
     *
     * @param database the database
     * @return what the inner query selects
     */
    public SelectionSubQueryImpl<SelectQueryImpl> fromSubQuery(final String database) {
        return new SelectionSubQueryImpl<>(from(database));
    }

    private SelectQueryImpl query(final String database, final FromClause from) {
        return new SelectQueryImpl(database, requiresPost, selection, from);
    }

    private SelectSubQueryImpl<SelectQueryImpl> subQuery(final String database, final FromClause from) {
        return new SelectSubQueryImpl<>(from(database), new SelectionCoreImpl(), from);
    }

    /** Reads from several measurements. */
    static FromClause several(final String[] tables) {
        return new MultipleFromClause(tables == null ? null : Arrays.asList(tables));
    }
}
