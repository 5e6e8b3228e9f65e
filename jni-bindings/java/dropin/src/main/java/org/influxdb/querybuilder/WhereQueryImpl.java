package org.influxdb.querybuilder;

import java.util.List;
import org.influxdb.impl.Legacy;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;

/**
 * A {@code SELECT} that can be sent, at its conditions. Not safe for use by several threads.
 *
 * @param <T> the type of the query
 */
@SuppressWarnings({"unchecked", "rawtypes"})
public class WhereQueryImpl<T extends SelectQueryImpl> extends BuiltQuery implements Where, Select {

    private final T query;
    private final WhereCoreImpl<?> where;

    WhereQueryImpl(final T query, final WhereCoreImpl<?> where) {
        super(null);
        this.query = query;
        this.where = where;
    }

    @Override
    public WhereQueryImpl where() {
        return this;
    }

    @Override
    public WhereQueryImpl where(final Clause clause) {
        return and(clause);
    }

    @Override
    public WhereQueryImpl where(final String text) {
        where.where(text);
        return this;
    }

    @Override
    public WhereQueryImpl and(final Clause clause) {
        where.and(clause);
        return this;
    }

    @Override
    public WhereQueryImpl or(final Clause clause) {
        where.or(clause);
        return this;
    }

    @Override
    public List<ConjunctionClause> getClauses() {
        return where.getClauses();
    }

    @Override
    public WhereNested<WhereQueryImpl<T>> andNested() {
        return new WhereNested<>(this, false);
    }

    @Override
    public WhereNested<WhereQueryImpl<T>> orNested() {
        return new WhereNested<>(this, true);
    }

    @Override
    public SelectQueryImpl orderBy(final Ordering ordering) {
        return query.orderBy(ordering);
    }

    @Override
    public SelectQueryImpl groupBy(final Object... columns) {
        return query.groupBy(columns);
    }

    @Override
    public SelectQueryImpl fill(final Number value) {
        return query.fill(value);
    }

    @Override
    public SelectQueryImpl fill(final String value) {
        return query.fill(value);
    }

    @Override
    public SelectQueryImpl limit(final int limit) {
        return query.limit(limit);
    }

    @Override
    public SelectQueryImpl limit(final int limit, final long offSet) {
        return query.limit(limit, offSet);
    }

    @Override
    public SelectQueryImpl sLimit(final int sLimit) {
        return query.sLimit(sLimit);
    }

    @Override
    public SelectQueryImpl sLimit(final int sLimit, final long sOffSet) {
        return query.sLimit(sLimit, sOffSet);
    }

    @Override
    public SelectQueryImpl tz(final String timezone) {
        return query.tz(timezone);
    }

    @Override
    public String getDatabase() {
        return query.getDatabase();
    }

    @Override
    public boolean requiresPost() {
        return !Legacy.isOn() && query.requiresPost();
    }

    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        return query.buildQueryString(builder);
    }

    @Override
    public StringBuilder buildQueryString() {
        return query.buildQueryString();
    }
}
