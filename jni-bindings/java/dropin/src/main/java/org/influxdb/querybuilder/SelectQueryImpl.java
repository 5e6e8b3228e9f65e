package org.influxdb.querybuilder;

import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.FromClause;

/** A {@code SELECT} that can be sent. Not safe for use by several threads. */
@SuppressWarnings({"unchecked", "rawtypes"})
public class SelectQueryImpl extends BuiltQuery implements SelectWithSubquery {

    private final SelectCoreImpl<WhereCoreImpl<SelectCoreImpl<?>>> select;
    private final WhereQueryImpl<SelectQueryImpl> where;

    SelectQueryImpl(
            final String database,
            final boolean requiresPost,
            final SelectionCoreImpl selection,
            final FromClause from) {
        super(database, requiresPost);
        this.select = new SelectCoreImpl<>(selection, selection.into(), from);
        this.where = new WhereQueryImpl<>(this, select.where());
    }

    @Override
    public StringBuilder buildQueryString() {
        return buildQueryString(new StringBuilder());
    }

    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        return select.buildQueryString(builder);
    }

    @Override
    public void setSubQuery(final QueryStringBuilder query) {
        select.setSubQuery(query);
    }

    @Override
    public WhereQueryImpl<SelectQueryImpl> where() {
        return where;
    }

    @Override
    public WhereQueryImpl<SelectQueryImpl> where(final Clause clause) {
        return where.and(clause);
    }

    @Override
    public WhereQueryImpl where(final String text) {
        return where.where(text);
    }

    @Override
    public SelectQueryImpl orderBy(final Ordering ordering) {
        select.orderBy(ordering);
        return this;
    }

    @Override
    public SelectQueryImpl groupBy(final Object... columns) {
        select.groupBy(columns);
        return this;
    }

    @Override
    public SelectQueryImpl fill(final Number value) {
        select.fill(value);
        return this;
    }

    @Override
    public SelectQueryImpl fill(final String value) {
        select.fill(value);
        return this;
    }

    @Override
    public SelectQueryImpl limit(final int limit) {
        select.limit(limit);
        return this;
    }

    @Override
    public SelectQueryImpl limit(final int limit, final long offSet) {
        select.limit(limit, offSet);
        return this;
    }

    @Override
    public SelectQueryImpl sLimit(final int sLimit) {
        select.sLimit(sLimit);
        return this;
    }

    @Override
    public SelectQueryImpl sLimit(final int sLimit, final long sOffSet) {
        select.sLimit(sLimit, sOffSet);
        return this;
    }

    @Override
    public SelectQueryImpl tz(final String timezone) {
        select.tz(timezone);
        return this;
    }
}
