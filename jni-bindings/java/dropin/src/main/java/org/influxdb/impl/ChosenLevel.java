package org.influxdb.impl;

import java.util.function.Function;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB.ConsistencyLevel;

/**
 * Tells a level that was set in {@link BatchOptions} from their default, which {@link BatchOptions#getConsistency()}
 * does not. Not for applications.
 */
public final class ChosenLevel {

    private static volatile Function<BatchOptions, ConsistencyLevel> reader;

    private ChosenLevel() {}

    /**
     * Called once by {@link BatchOptions}, which keeps the level private.
     *
     * @param levelOrNull reads the level that was set, or null
     */
    public static void readBy(Function<BatchOptions, ConsistencyLevel> levelOrNull) {
        reader = levelOrNull;
    }

    /** The level that was set, or null. The argument exists, so its class has called {@link #readBy}. */
    static ConsistencyLevel of(BatchOptions options) {
        return reader.apply(options);
    }
}
