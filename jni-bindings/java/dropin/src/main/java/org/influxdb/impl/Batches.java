package org.influxdb.impl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/** Makes batches of queued points. */
final class Batches {

    private Batches() {}

    /**
     * One batch for each database and retention policy, in the order of their first points. In {@link Legacy} mode
     * those count as the same whose names give the same text with a low line between, and the order is that of a hash
     * map.
     *
     * @param precision null for nanoseconds
     */
    static List<BatchPoints> of(
            Collection<BatchProcessor.HttpBatchEntry> entries, ConsistencyLevel level, TimeUnit precision) {
        Map<Object, BatchPoints> batches = Legacy.isOn() ? new HashMap<>() : new LinkedHashMap<>();
        for (BatchProcessor.HttpBatchEntry entry : entries) {
            batches.computeIfAbsent(key(entry), key -> BatchPoints.database(entry.database)
                            .retentionPolicy(entry.retentionPolicy)
                            .consistency(level)
                            .precision(precision)
                            .build())
                    .point(entry.point);
        }
        return new ArrayList<>(batches.values());
    }

    private static Object key(BatchProcessor.HttpBatchEntry entry) {
        return Legacy.isOn()
                ? entry.database + "_" + entry.retentionPolicy
                : Arrays.asList(entry.database, entry.retentionPolicy);
    }

    /** The same points in a batch of its own, to which others can be added. */
    static BatchPoints copy(BatchPoints batch) {
        return with(batch, batch.getPoints());
    }

    /** The first and the second half of a batch of two points or more. */
    static Deque<BatchPoints> halves(BatchPoints batch) {
        List<Point> points = batch.getPoints();
        int middle = points.size() / 2;
        Deque<BatchPoints> halves = new ArrayDeque<>();
        halves.addLast(with(batch, points.subList(0, middle)));
        halves.addLast(with(batch, points.subList(middle, points.size())));
        return halves;
    }

    /** The tags of the batch are not given again: its points have them. */
    private static BatchPoints with(BatchPoints batch, List<Point> points) {
        BatchPoints other = BatchPoints.database(batch.getDatabase())
                .retentionPolicy(batch.getRetentionPolicy())
                .consistency(batch.getConsistency())
                .precision(batch.getPrecision())
                .build();
        points.forEach(other::point);
        return other;
    }
}
