package org.influxdb.impl;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import org.influxdb.InfluxDB.ConsistencyLevel;

/** One write of ready line protocol. Immutable. */
final class LineWrite {

    /** Null for none: the server refuses that. */
    final String database;
    /** Null for the database's default. */
    final String retentionPolicy;
    final TimeUnit precision;
    final ConsistencyLevel level;
    final byte[] lines;
    final boolean gzip;

    LineWrite(
            String database,
            String retentionPolicy,
            TimeUnit precision,
            ConsistencyLevel level,
            String lines,
            boolean gzip) {
        this.database = database;
        this.retentionPolicy = retentionPolicy;
        this.precision = precision;
        this.level = level;
        this.lines = lines.getBytes(StandardCharsets.UTF_8);
        this.gzip = gzip;
    }

    /** The parameters of the request, in the order that influxdb-java has. */
    String query() {
        return new HttpCall.Parameters()
                .add("db", database)
                .add("rp", retentionPolicy)
                .add("precision", TimeUtil.toTimePrecision(precision))
                .add("consistency", level.value())
                .encoded();
    }
}
