package org.influxdb.querybuilder;

/**
 * A query that another reads from.
 *
 * @param <T> the type of the query that reads from it
 */
public abstract class SubQuery<T extends WithSubquery> implements QueryStringBuilder {

    private T parent;

    /** A query that no other reads from yet. */
    public SubQuery() {}

    SubQuery(final T parent) {
        this.parent = parent;
    }

    final T parent() {
        return parent;
    }

    /**
     * Ends this query.
     *
     * @return the query that reads from it
     */
    public T close() {
        parent.setSubQuery(this);
        return parent;
    }
}
