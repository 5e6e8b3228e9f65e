package org.influxdb.querybuilder.clauses;

/** A condition that must hold, too. */
public class AndConjunction extends ConjunctionClause {

    /**
     * A condition.
     *
     * @param clause the condition
     */
    public AndConjunction(final Clause clause) {
        super(clause);
    }

    @Override
    public void join(final StringBuilder stringBuilder) {
        stringBuilder.append(" AND ");
    }
}
