package org.influxdb.querybuilder.clauses;

/** A condition on a column or an expression. */
public abstract class AbstractClause implements Clause {

    AbstractClause() {}
}
