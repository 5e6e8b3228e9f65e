package org.influxdb.querybuilder;

import java.util.List;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;

/**
 * A {@code SELECT} that another query reads from, at its conditions. Not safe for use by several threads.
 *
 * @param <T> the type of the query
 * @param <E> the type of the query that reads from it
 */
@SuppressWarnings("unchecked")
public class WhereSubQueryImpl<T extends SelectWithSubquery, E extends WithSubquery> extends SubQuery<E>
        implements Select, Where {

    private final T query;
    private final WhereCoreImpl<?> where;

    WhereSubQueryImpl(final T query, final E parent, final WhereCoreImpl<?> where) {
        super(parent);
        this.query = query;
        this.where = where;
    }

    @Override
    public WhereSubQueryImpl<T, E> and(final Clause clause) {
        where.and(clause);
        return this;
    }

    @Override
    public WhereSubQueryImpl<T, E> or(final Clause clause) {
        where.or(clause);
        return this;
    }

    @Override
    public List<ConjunctionClause> getClauses() {
        return where.getClauses();
    }

    @Override
    public WhereNested<WhereSubQueryImpl<T, E>> andNested() {
        return new WhereNested<>(this, false);
    }

    @Override
    public WhereNested<WhereSubQueryImpl<T, E>> orNested() {
        return new WhereNested<>(this, true);
    }

    @Override
    public T orderBy(final Ordering ordering) {
        return query.orderBy(ordering);
    }

    @Override
    public T groupBy(final Object... columns) {
        return query.groupBy(columns);
    }

    @Override
    public T fill(final Number value) {
        return query.fill(value);
    }

    @Override
    public T fill(final String value) {
        return query.fill(value);
    }

    @Override
    public T limit(final int limit) {
        return query.limit(limit);
    }

    @Override
    public T limit(final int limit, final long offSet) {
        return query.limit(limit, offSet);
    }

    @Override
    public T sLimit(final int sLimit) {
        return query.sLimit(sLimit);
    }

    @Override
    public T sLimit(final int sLimit, final long sOffSet) {
        return query.sLimit(sLimit, sOffSet);
    }

    @Override
    public T tz(final String timezone) {
        return query.tz(timezone);
    }

    @Override
    public StringBuilder buildQueryString() {
        return query.buildQueryString();
    }

    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        return query.buildQueryString(builder);
    }

    @Override
    public WhereSubQueryImpl<T, E> where() {
        return this;
    }

    @Override
    public WhereSubQueryImpl<T, E> where(final Clause clause) {
        return and(clause);
    }

    @Override
    public WhereSubQueryImpl<T, E> where(final String text) {
        where.where(text);
        return this;
    }
}
