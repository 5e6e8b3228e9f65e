package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appendable;

/** What a query reads from. */
public abstract class FromClause implements Appendable {

    /** For the classes that extend it. */
    public FromClause() {}
}
