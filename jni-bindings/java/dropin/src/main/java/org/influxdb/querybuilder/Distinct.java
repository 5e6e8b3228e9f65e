package org.influxdb.querybuilder;

/** An expression of which every value counts once. */
public class Distinct {

    private final Object expression;

    Distinct(final Object expression) {
        this.expression = expression;
    }

    /**
     * The expression.
     *
     * @return the expression
     */
    public Object getExpression() {
        return expression;
    }
}
