package org.influxdb.impl;

import java.util.List;

import org.influxdb.InfluxDBException;
import org.influxdb.dto.BatchPoints;

/** What to do about a batch that failed. */
final class Verdicts {

    private Verdicts() {}

    static Verdict of(BatchPoints batch, RuntimeException failure) {
        boolean retryWorth = failure instanceof InfluxDBException && ((InfluxDBException) failure).isRetryWorth();
        if (retryWorth) {
            return Verdict.later(Verdict.Kind.AGAIN, failure);
        }
        return Verdict.failed(failure, List.copyOf(batch.getPoints()));
    }
}
