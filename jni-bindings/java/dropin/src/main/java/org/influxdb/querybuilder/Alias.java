package org.influxdb.querybuilder;

/** An expression and the name that its column gets. */
public class Alias {

    private final Object column;
    private final String alias;

    /**
     * An expression under a name.
     *
     * @param column the expression
     * @param alias the name, as it is to stand in the query
     */
    public Alias(final Object column, final String alias) {
        this.column = column;
        this.alias = alias;
    }

    /**
     * The expression.
     *
     * @return the expression
     */
    public Object getColumn() {
        return column;
    }

    /**
     * The name.
     *
     * @return the name
     */
    public String getAlias() {
        return alias;
    }
}
