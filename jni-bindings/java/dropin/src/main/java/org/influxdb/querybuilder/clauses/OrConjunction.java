package org.influxdb.querybuilder.clauses;

/** A condition that may hold instead. */
public class OrConjunction extends ConjunctionClause {

    /**
     * A condition.
     *
     * @param clause the condition
     */
    public OrConjunction(final Clause clause) {
        super(clause);
    }

    @Override
    public void join(final StringBuilder stringBuilder) {
        stringBuilder.append(" OR ");
    }
}
