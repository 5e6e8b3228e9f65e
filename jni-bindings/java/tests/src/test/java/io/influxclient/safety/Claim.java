package io.influxclient.safety;

import io.influxclient.ConsistencyLevel;
import io.influxclient.DeliveryException;
import io.influxclient.InvalidPointException;
import io.influxclient.Outcome;
import io.influxclient.PushException;
import io.influxclient.WriteException;
import io.influxclient.WriteResult;
import java.util.concurrent.CancellationException;

/** What a client said of a write, in the terms in which the replicas can bear it out. */
final class Claim {

    /** What was written: the points of one measurement of its own. */
    final String measurement;

    final long points;
    /** In words, for a failure of the test. */
    final String text;

    private final long leastCopies;
    private final boolean nowhere;

    private Claim(String measurement, long points, long leastCopies, boolean nowhere, String text) {
        this.measurement = measurement;
        this.points = points;
        this.leastCopies = leastCopies;
        this.nowhere = nowhere;
        this.text = text;
    }

    /** The claim of an acknowledgement, which may be that of a batch with other points in it. */
    static Claim of(String measurement, long points, WriteResult result, long copies) {
        if (result.points() < points) {
            throw new AssertionError(measurement + ": acknowledged " + result.points() + " points of " + points);
        }
        return new Claim(measurement, points, acks(result.level(), copies), false, result.toString());
    }

    private static long acks(ConsistencyLevel level, long copies) {
        switch (level) {
            case ANY:
            case ONE:
                return 1;
            case QUORUM:
                return copies / 2 + 1;
            case ALL:
                return copies;
        }
        throw new AssertionError(level);
    }

    /** Nothing that replicas could bear out. */
    static Claim none(String measurement, long points, String text) {
        return of(measurement, points, Outcome.UNKNOWN, text);
    }

    /** The claim of what a write, push or future ended with. */
    static Claim of(String measurement, long points, Throwable thrown) {
        String text = thrown.toString();
        if (thrown instanceof WriteException) {
            WriteException e = (WriteException) thrown;
            if (e.tally().total() < points) {
                throw new AssertionError(measurement + ": the tally of " + points + " points is " + e.tally(), e);
            }
            boolean othersStored =
                    e.outcome() == Outcome.PARTLY_STORED && e.tally().stored() >= points;
            return of(measurement, points, othersStored ? Outcome.STORED : e.outcome(), text);
        } else if (thrown instanceof DeliveryException) {
            return of(measurement, points, ((DeliveryException) thrown).outcome(), text);
        } else if (thrown instanceof PushException) {
            return of(measurement, points, ((PushException) thrown).outcome(), text);
        } else if (thrown instanceof InvalidPointException) {
            // Not accepted: nothing of it is ever sent.
            return of(measurement, points, Outcome.NOT_STORED, text);
        } else if (thrown instanceof CancellationException) {
            return of(measurement, points, Outcome.UNKNOWN, text);
        }
        throw new AssertionError(measurement + ": no write ends so", thrown);
    }

    private static Claim of(String measurement, long points, Outcome outcome, String text) {
        switch (outcome) {
            case NOT_STORED:
                return new Claim(measurement, points, 0, true, text);
            case BELOW_LEVEL:
            case DEFERRED:
            case STORED:
                return new Claim(measurement, points, 1, false, text);
            case PARTLY_STORED:
            case UNKNOWN:
                return new Claim(measurement, points, 0, false, text);
        }
        throw new AssertionError(outcome);
    }

    /** Whether anything is claimed. */
    boolean isFirm() {
        return nowhere || leastCopies > 0;
    }

    /** Whether it claims that nothing is stored. */
    boolean isDenial() {
        return nowhere;
    }

    /** What is false about it, given how many of the points each replica has once the cluster is at rest; null if nothing is. */
    String refutedBy(long[] stored) {
        long whole = 0;
        long some = 0;
        for (long count : stored) {
            whole += count == points ? 1 : 0;
            some += count > 0 ? 1 : 0;
            if (count > points) {
                return "more than was written";
            }
        }
        if (nowhere && some > 0) {
            return "nothing was to be stored";
        }
        return whole < leastCopies ? "there are fewer than " + leastCopies + " whole copies" : null;
    }
}
