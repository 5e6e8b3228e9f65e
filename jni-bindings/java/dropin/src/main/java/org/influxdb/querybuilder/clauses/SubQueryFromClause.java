package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.QueryStringBuilder;

/** Reads from another query. */
public class SubQueryFromClause extends FromClause {

    private final QueryStringBuilder query;

    /**
     * A query.
     *
     * @param queryStringBuilder the query
     * @throws IllegalArgumentException if it is {@code null}
     */
    public SubQueryFromClause(final QueryStringBuilder queryStringBuilder) {
        if (queryStringBuilder == null) {
            throw new IllegalArgumentException("Provide a valid value");
        }
        this.query = queryStringBuilder;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append('(').append(query.buildQueryString()).append(')');
    }
}
