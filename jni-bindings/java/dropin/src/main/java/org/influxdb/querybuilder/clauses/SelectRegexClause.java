package org.influxdb.querybuilder.clauses;

/** Selects the columns whose names match a regular expression. */
public class SelectRegexClause extends AbstractClause {

    private final String clause;

    /**
     * A regular expression.
     *
     * @param clause the expression with its slashes; it stands in the query as it is
     */
    public SelectRegexClause(final String clause) {
        this.clause = clause;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(clause);
    }
}
