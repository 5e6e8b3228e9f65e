package org.influxdb.impl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.influxdb.dto.BatchPoints;

/**
 * Sends each batch once. A failure of one does not keep the others from being sent, except in {@link Legacy} mode, and
 * takes none of their points with it.
 */
final class OneShotDelivery implements Delivery {

    @Override
    public List<HandOver> write(List<BatchPoints> fresh, Function<BatchPoints, Verdict> send) {
        List<HandOver> givenUp = new ArrayList<>();
        Deque<BatchPoints> toSend = new ArrayDeque<>(fresh);
        while (!toSend.isEmpty()) {
            BatchPoints batch = toSend.removeFirst();
            Verdict verdict = send.apply(batch);
            switch (verdict.kind) {
                case DELIVERED:
                    break;
                case HALVE:
                    Batches.halves(batch).descendingIterator().forEachRemaining(toSend::addFirst);
                    break;
                case AGAIN:
                case AGAIN_A_FEW_TIMES:
                    givenUp.add(new HandOver(new ArrayList<>(batch.getPoints()), verdict.failure));
                    break;
                case FAILED:
                    givenUp.add(new HandOver(verdict.failed, verdict.failure));
                    break;
            }
            if (verdict.kind != Verdict.Kind.DELIVERED && Legacy.isOn()) {
                return givenUp;
            }
        }
        return givenUp;
    }

    @Override
    public List<HandOver> close(Function<BatchPoints, Verdict> send) {
        return List.of();
    }
}
