package org.influxdb.querybuilder.clauses;

import java.util.List;
import org.influxdb.querybuilder.Appender;

/** Reads from several measurements. */
public class MultipleFromClause extends FromClause {

    private final List<String> tables;

    /**
     * Measurements.
     *
     * @param tables the measurements
     * @throws IllegalArgumentException if the list is {@code null} or empty
     */
    public MultipleFromClause(final List<String> tables) {
        if (tables == null || tables.isEmpty()) {
            throw new IllegalArgumentException("Tables names should be specified");
        }
        this.tables = tables;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        Appender.joinAndAppendNames(stringBuilder, tables);
    }
}
