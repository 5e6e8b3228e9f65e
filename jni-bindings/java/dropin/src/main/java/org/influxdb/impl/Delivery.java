package org.influxdb.impl;

import java.util.List;
import java.util.function.Function;
import org.influxdb.dto.BatchPoints;

/**
 * Which batches are sent when, and which points are given up: the rules of batching, without threads and clock. Not
 * safe for use by many threads.
 */
interface Delivery {

    /**
     * Sends batches, and before them what earlier calls left over.
     *
     * @param fresh the new batches, in the order to send them; empty to try only what was left over
     * @param send sends one batch, once
     * @return the points that were given up
     */
    List<HandOver> write(List<BatchPoints> fresh, Function<BatchPoints, Verdict> send);

    /**
     * Tries once more what was left over, and gives up the rest.
     *
     * @param send sends one batch, once
     * @return the points that were given up
     */
    List<HandOver> close(Function<BatchPoints, Verdict> send);
}
