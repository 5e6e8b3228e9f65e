package io.influxclient;

/**
 * Some replica acknowledged, but fewer than the consistency level asks. The cluster answered exactly {@code partial
 * write}.
 *
 * <p>Is anything stored? {@link Outcome#BELOW_LEVEL}: on at least one replica of at least one shard; hinted handoff
 * normally brings the rest. From servers 0.9 and 0.10 not even that is sure: {@link Outcome#UNKNOWN}. Sending again
 * is seldom useful, and harmless if every point carries a time.
 *
 * <p>Class {@code below-level}.
 */
public final class ConsistencyNotMetException extends WriteException {

    private static final long serialVersionUID = 1L;

    ConsistencyNotMetException(WriteFailure failure) {
        super(failure);
    }
}
