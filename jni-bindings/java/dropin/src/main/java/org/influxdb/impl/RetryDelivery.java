package org.influxdb.impl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.influxdb.InfluxDBException.RetryBufferOverrunException;
import org.influxdb.dto.BatchPoints;

/**
 * Keeps batches whose failure may pass and sends them again, first come first served: while the first one fails
 * nothing behind it is sent, so that points of a series keep their order. What does not fit any more pushes the oldest
 * batches out.
 */
final class RetryDelivery implements Delivery {

    /** How often a batch is tried that the cluster has in part: it delivers the rest itself. */
    private static final int FEW_TIMES = 3;

    private final int capacity;
    private final int mergedPoints;
    private final Deque<Pending> left = new ArrayDeque<>();
    private int points;

    /**
     * @param capacity how many points are kept
     * @param mergedPoints up to how many points batches are sent again together
     */
    RetryDelivery(int capacity, int mergedPoints) {
        this.capacity = capacity;
        this.mergedPoints = mergedPoints;
    }

    @Override
    public List<HandOver> write(List<BatchPoints> fresh, Function<BatchPoints, Verdict> send) {
        List<HandOver> givenUp = new ArrayList<>();
        boolean flows = sendLeft(send, givenUp);
        for (BatchPoints batch : fresh) {
            if (flows) {
                // Nothing else is kept, so it fits: one batch is kept whatever its size.
                left.addLast(new Pending(batch));
                points += batch.getPoints().size();
                flows = sendLeft(send, givenUp);
            } else {
                keep(new Pending(batch), givenUp);
            }
        }
        return givenUp;
    }

    @Override
    public List<HandOver> close(Function<BatchPoints, Verdict> send) {
        List<HandOver> givenUp = new ArrayList<>();
        while (!left.isEmpty()) {
            Pending first = left.peekFirst();
            Verdict verdict = send.apply(first.batch);
            if (mayPass(verdict.kind)) {
                giveUpFirst(verdict.failure, givenUp);
            } else {
                settle(verdict, givenUp);
            }
        }
        return givenUp;
    }

    /** Whether all of it went, or is given up. */
    private boolean sendLeft(Function<BatchPoints, Verdict> send, List<HandOver> givenUp) {
        while (!left.isEmpty()) {
            Pending first = left.peekFirst();
            Verdict verdict = send.apply(first.batch);
            if (verdict.kind == Verdict.Kind.AGAIN_A_FEW_TIMES && ++first.partlyThere == FEW_TIMES) {
                giveUpFirst(verdict.failure, givenUp);
            } else if (mayPass(verdict.kind)) {
                return false;
            } else {
                settle(verdict, givenUp);
            }
        }
        return true;
    }

    private static boolean mayPass(Verdict.Kind kind) {
        switch (kind) {
            case AGAIN:
            case AGAIN_A_FEW_TIMES:
                return true;
            case DELIVERED:
            case HALVE:
            case FAILED:
                return false;
        }
        throw new IllegalStateException("every kind is above");
    }

    /** Takes the first batch out: it went, failed for good, or is sent in halves next. */
    private void settle(Verdict verdict, List<HandOver> givenUp) {
        Pending first = left.removeFirst();
        points -= first.size();
        if (verdict.kind == Verdict.Kind.HALVE) {
            Batches.halves(first.batch).descendingIterator().forEachRemaining(half -> left.addFirst(new Pending(half)));
            points += first.size();
        } else if (verdict.kind == Verdict.Kind.FAILED) {
            givenUp.add(new HandOver(verdict.failed, verdict.failure));
        }
    }

    private void giveUpFirst(Throwable why, List<HandOver> givenUp) {
        Pending first = left.removeFirst();
        points -= first.size();
        givenUp.add(new HandOver(new ArrayList<>(first.batch.getPoints()), why));
    }

    private void keep(Pending pending, List<HandOver> givenUp) {
        while (points + pending.size() > capacity && !left.isEmpty()) {
            giveUpFirst(
                    new RetryBufferOverrunException("Retry buffer overrun, current capacity: " + capacity), givenUp);
        }
        points += pending.size();
        Pending last = left.peekLast();
        if (last != null
                && last.partlyThere == 0
                && last.size() + pending.size() <= mergedPoints
                && last.batch.mergeIn(pending.batch)) {
            return;
        }
        left.addLast(pending);
    }

    private static final class Pending {

        final BatchPoints batch;
        /** How often the cluster said that it has part of it. */
        int partlyThere;

        Pending(BatchPoints batch) {
            this.batch = batch;
        }

        int size() {
            return batch.getPoints().size();
        }
    }
}
