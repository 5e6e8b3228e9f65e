package org.influxdb.impl;

/**
 * A row of a result that knows more of a value than the value itself, whose type is the one that programs expect.
 *
 * <p>Not part of influxdb-java's API.
 */
public interface ExactValues {

    /**
     * What is known of the value in a column.
     *
     * @param column the index of the column
     * @return the value as exactly as it is known; the row's own value where nothing more is known
     */
    Object exact(int column);
}
