package org.influxdb.querybuilder.clauses;

/** A condition with what joins it to those before it. */
public abstract class ConjunctionClause implements Conjunction, Clause {

    private final Clause clause;

    /**
     * A condition.
     *
     * @param clause the condition
     */
    public ConjunctionClause(final Clause clause) {
        this.clause = clause;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        clause.appendTo(stringBuilder);
    }
}
