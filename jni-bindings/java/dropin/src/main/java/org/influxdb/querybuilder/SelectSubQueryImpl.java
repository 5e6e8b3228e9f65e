package org.influxdb.querybuilder;

import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.FromClause;

/**
 * A {@code SELECT} that another query reads from. Not safe for use by several threads.
 *
 * @param <T> the type of the query that reads from it
 */
@SuppressWarnings("unchecked")
public class SelectSubQueryImpl<T extends WithSubquery> extends SubQuery<T> implements SelectWithSubquery {

    private final SelectCoreImpl<WhereCoreImpl<SelectCoreImpl<?>>> select;
    private final WhereSubQueryImpl<SelectSubQueryImpl<T>, T> where;

    SelectSubQueryImpl(final T parent, final SelectionCoreImpl selection, final FromClause from) {
        super(parent);
        this.select = new SelectCoreImpl<>(selection, null, from);
        this.where = new WhereSubQueryImpl<>(this, parent, select.where());
    }

    @Override
    public WhereSubQueryImpl<SelectSubQueryImpl<T>, T> where() {
        return where;
    }

    @Override
    public WhereSubQueryImpl<SelectSubQueryImpl<T>, T> where(final Clause clause) {
        return where.and(clause);
    }

    @Override
    public WhereSubQueryImpl<SelectSubQueryImpl<T>, T> where(final String text) {
        return where.where(text);
    }

    @Override
    public SelectSubQueryImpl<T> orderBy(final Ordering ordering) {
        select.orderBy(ordering);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> groupBy(final Object... columns) {
        select.groupBy(columns);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> fill(final Number value) {
        select.fill(value);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> fill(final String value) {
        select.fill(value);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> limit(final int limit) {
        select.limit(limit);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> limit(final int limit, final long offSet) {
        select.limit(limit, offSet);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> sLimit(final int sLimit) {
        select.sLimit(sLimit);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> sLimit(final int sLimit, final long sOffSet) {
        select.sLimit(sLimit, sOffSet);
        return this;
    }

    @Override
    public SelectSubQueryImpl<T> tz(final String timezone) {
        select.tz(timezone);
        return this;
    }

    @Override
    public StringBuilder buildQueryString() {
        return select.buildQueryString();
    }

    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        return select.buildQueryString(builder);
    }

    @Override
    public void setSubQuery(final QueryStringBuilder query) {
        select.setSubQuery(query);
    }
}
