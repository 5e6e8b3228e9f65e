package org.influxdb.querybuilder.clauses;

/** Holds where a column has a text somewhere. */
public class ContainsClause extends RegexClause {

    /**
     * A column and a text.
     *
     * @param name the column
     * @param value the text, which is a regular expression without its slashes
     */
    public ContainsClause(final String name, final String value) {
        super(name, "/" + value + "/");
    }
}
