package org.influxdb.querybuilder.clauses;

import java.util.List;
import org.influxdb.querybuilder.Appender;

/** Conditions in parentheses. */
public class NestedClause implements Clause {

    private final List<ConjunctionClause> clauses;

    /**
     * Conditions.
     *
     * @param clauses the conditions
     */
    public NestedClause(final List<ConjunctionClause> clauses) {
        this.clauses = clauses;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append('(');
        Appender.joinAndAppend(stringBuilder, clauses);
        stringBuilder.append(')');
    }
}
