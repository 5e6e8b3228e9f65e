package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appender;

/** Two values with an operator between them. */
public class OperationClause extends AbstractClause {

    private final Object arg1;
    private final String op;
    private final Object arg2;

    /**
     * Two values with an operator between them.
     *
     * @param arg1 the value on the left
     * @param op the operator
     * @param arg2 the value on the right
     */
    public OperationClause(final Object arg1, final String op, final Object arg2) {
        this.arg1 = arg1;
        this.op = op;
        this.arg2 = arg2;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        append(arg1, stringBuilder);
        stringBuilder.append(' ').append(op).append(' ');
        append(arg2, stringBuilder);
    }

    private static void append(final Object value, final StringBuilder stringBuilder) {
        if (value instanceof OperationClause || value instanceof SimpleClause) {
            stringBuilder.append('(');
            Appender.appendValue(value, stringBuilder);
            stringBuilder.append(')');
        } else {
            Appender.appendValue(value, stringBuilder);
        }
    }
}
