package io.influxclient;

/**
 * A write that was given up: its thread was interrupted, or the client was closed by an interrupted thread. The class
 * is that of calls without a verdict, {@code timeout}.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED} if no request had begun: no. Else {@link Outcome#UNKNOWN}: a
 * request under way may still be carried out. Attempts are not told.
 */
public final class WriteInterruptedException extends WriteException {

    private static final long serialVersionUID = 1L;

    WriteInterruptedException(WriteFailure failure) {
        super(failure);
    }
}
