package org.influxdb.querybuilder.clauses;

/** What joins a condition to those before it. */
public interface Conjunction {

    /**
     * Writes the word that joins.
     *
     * @param stringBuilder takes the text
     */
    void join(StringBuilder stringBuilder);
}
