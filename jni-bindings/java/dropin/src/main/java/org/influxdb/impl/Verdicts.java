package org.influxdb.impl;

import io.influxclient.LimitException;
import io.influxclient.LineFailure;
import io.influxclient.Outcome;
import io.influxclient.Tally;
import io.influxclient.WriteClass;
import io.influxclient.WriteException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.influxdb.InfluxDBException;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/** What to do about a batch that failed. */
final class Verdicts {

    private static final int TOO_LARGE = 413;

    private Verdicts() {}

    static Verdict of(BatchPoints batch, RuntimeException failure) {
        WriteException typed = Legacy.isOn() ? null : typed(failure);
        if (failure instanceof InfluxDBException && ((InfluxDBException) failure).isRetryWorth()) {
            boolean partly = typed != null && typed.writeClass() == WriteClass.BELOW_LEVEL;
            return Verdict.later(partly ? Verdict.Kind.AGAIN_A_FEW_TIMES : Verdict.Kind.AGAIN, failure);
        }
        if (typed instanceof LimitException
                && typed.status().orElse(0) == TOO_LARGE
                && typed.outcome() == Outcome.NOT_STORED
                && batch.getPoints().size() > 1) {
            return Verdict.later(Verdict.Kind.HALVE, failure);
        }
        return Verdict.failed(failure, typed == null ? new ArrayList<>(batch.getPoints()) : notStored(batch, typed));
    }

    private static WriteException typed(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof WriteException)) {
            cause = cause.getCause();
        }
        return (WriteException) cause;
    }

    /** The refused points where every one of them is known and all others are stored; else all points. */
    private static List<Point> notStored(BatchPoints batch, WriteException failure) {
        Set<Integer> refused = new TreeSet<>();
        for (LineFailure line : failure.lineFailures()) {
            line.index().ifPresent(refused::add);
        }
        Tally tally = failure.tally();
        List<Point> points = batch.getPoints();
        List<Point> sent = pointsWithLine(batch);
        boolean known = tally.refused() == refused.size()
                && tally.stored() == sent.size() - refused.size()
                && !refused.isEmpty();
        if (!known) {
            return new ArrayList<>(points);
        }
        List<Point> failed = new ArrayList<>();
        refused.forEach(line -> failed.add(sent.get(line)));
        return failed;
    }

    /** A point whose fields all have no value makes no line, and counts nowhere. */
    private static List<Point> pointsWithLine(BatchPoints batch) {
        List<Point> points = new ArrayList<>();
        for (Point point : batch.getPoints()) {
            if (!point.lineProtocol().isEmpty()) {
                points.add(point);
            }
        }
        return points;
    }
}
