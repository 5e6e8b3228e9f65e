package io.influxclient;

/**
 * No verdict came in time, or it was lost on the way back. The server ran out of time, or an own time-out passed, or
 * the connection was lost after bytes went out.
 *
 * <p>Is anything stored? {@link Outcome#UNKNOWN}: perhaps, nowhere, somewhere, or later by hinted handoff. Sending
 * again is safe if every point carries a time; otherwise points may be stored twice.
 *
 * <p>Class {@code timeout}.
 */
public final class WriteTimeoutException extends WriteException {

    private static final long serialVersionUID = 1L;

    WriteTimeoutException(WriteFailure failure) {
        super(failure);
    }
}
