package org.influxdb.querybuilder;

import java.util.ArrayList;
import java.util.List;
import org.influxdb.querybuilder.clauses.AndConjunction;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;
import org.influxdb.querybuilder.clauses.NestedClause;
import org.influxdb.querybuilder.clauses.OrConjunction;

/**
 * Conditions in parentheses.
 *
 * @param <T> the type of the conditions they are added to
 */
public class WhereNested<T extends Where> {

    private final List<ConjunctionClause> clauses = new ArrayList<>();
    private final T where;
    private final boolean orConjunction;

    WhereNested(final T where, final boolean orConjunction) {
        this.where = where;
        this.orConjunction = orConjunction;
    }

    /**
     * Adds a condition that must hold, too.
     *
     * @param clause the condition
     * @return these conditions
     */
    public WhereNested<T> and(final Clause clause) {
        clauses.add(new AndConjunction(clause));
        return this;
    }

    /**
     * Adds a condition that may hold instead.
     *
     * @param clause the condition
     * @return these conditions
     */
    public WhereNested<T> or(final Clause clause) {
        clauses.add(new OrConjunction(clause));
        return this;
    }

    /**
     * Closes the parentheses.
     *
     * @return the conditions around them
     */
    public T close() {
        NestedClause nested = new NestedClause(clauses);
        return orConjunction ? where.or(nested) : where.and(nested);
    }
}
