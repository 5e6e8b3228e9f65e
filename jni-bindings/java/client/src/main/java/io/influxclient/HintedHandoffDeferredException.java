package io.influxclient;

/**
 * The points were accepted into a hinted handoff queue behind earlier points. The cluster answered {@code hinted
 * handoff queue not empty}.
 *
 * <p>Is anything stored? {@link Outcome#DEFERRED}: later; the queue delivers them unless it is lost. Do not send
 * again: it only makes the queue longer.
 *
 * <p>Class {@code deferred}.
 */
public final class HintedHandoffDeferredException extends WriteException {

    private static final long serialVersionUID = 1L;

    HintedHandoffDeferredException(WriteFailure failure) {
        super(failure);
    }
}
