package org.influxdb.querybuilder.clauses;

import org.influxdb.querybuilder.Appender;

/** Reads from a measurement. */
public class SimpleFromClause extends FromClause {

    private final String table;

    /**
     * A measurement.
     *
     * @param table the measurement
     * @throws IllegalArgumentException if it is {@code null}
     */
    public SimpleFromClause(final String table) {
        if (table == null) {
            throw new IllegalArgumentException("Provide a valid table name");
        }
        this.table = table;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        Appender.appendName(table, stringBuilder);
    }
}
