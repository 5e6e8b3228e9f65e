package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appender;

/** Holds where a column matches a regular expression. */
public class RegexClause extends AbstractClause {

    private final String name;
    private final String value;

    /**
     * A column and a regular expression.
     *
     * @param name the column
     * @param value the expression with its slashes; it stands in the query as it is
     * @throws IllegalArgumentException if the expression is {@code null}
     */
    public RegexClause(final String name, final String value) {
        if (value == null) {
            throw new IllegalArgumentException("Missing value for regex clause");
        }
        this.name = name;
        this.value = value;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        Appender.appendName(name, stringBuilder).append(" =~ ").append(value);
    }
}
