package org.influxdb.impl;

import java.util.List;
import org.influxdb.dto.Point;

/** What came of one batch, as far as sending goes on from it. Immutable. */
final class Verdict {

    /** What to do next. */
    enum Kind {
        /** Nothing: it is acknowledged. */
        DELIVERED,
        /** Send it again, later, and nothing before it. */
        AGAIN,
        /** The same, but not for ever: the cluster has part of it and is at work on the rest. */
        AGAIN_A_FEW_TIMES,
        /** Send it in two halves. */
        HALVE,
        /** Hand over the points that failed for good. */
        FAILED
    }

    static final Verdict DELIVERED = new Verdict(Kind.DELIVERED, null, List.of());

    final Kind kind;
    /** Null where it was delivered. */
    final Throwable failure;
    /** Where it failed: those of its points that are not stored for sure. */
    final List<Point> failed;

    private Verdict(Kind kind, Throwable failure, List<Point> failed) {
        this.kind = kind;
        this.failure = failure;
        this.failed = failed;
    }

    static Verdict later(Kind kind, Throwable failure) {
        return new Verdict(kind, failure, List.of());
    }

    static Verdict failed(Throwable failure, List<Point> points) {
        return new Verdict(Kind.FAILED, failure, points);
    }
}
