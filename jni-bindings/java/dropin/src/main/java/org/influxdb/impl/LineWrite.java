package org.influxdb.impl;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
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
        TimeUtil.toTimePrecision(precision);
        this.precision = precision;
        this.level = Objects.requireNonNull(level, "consistency");
        this.lines = lines.getBytes(StandardCharsets.UTF_8);
        this.gzip = gzip;
    }

    int points() {
        return Lines.count(lines);
    }

    boolean everyPointHasTime() {
        return Lines.allHaveTime(lines);
    }

    /** The number of the one line that reads so, from 0, or -1. */
    int indexOf(String line) {
        return Lines.indexOf(lines, line.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether there is no line in it. */
    boolean isBlank() {
        for (byte b : lines) {
            if (b != '\n' && b != '\r' && b != ' ') {
                return false;
            }
        }
        return true;
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
