package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appender;

/** A column, an operator and a value. */
public class SimpleClause extends AbstractClause {

    private final String name;
    private final String op;
    private final Object value;

    /**
     * A column, an operator and a value.
     *
     * @param name the column
     * @param op the operator
     * @param value the value
     */
    public SimpleClause(final String name, final String op, final Object value) {
        this.name = name;
        this.op = op;
        this.value = value;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        Appender.appendName(name, stringBuilder).append(' ').append(op).append(' ');
        Appender.appendValue(value, stringBuilder);
    }
}
