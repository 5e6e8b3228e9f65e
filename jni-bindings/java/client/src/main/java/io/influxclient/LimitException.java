package io.influxclient;

/**
 * A limit of the server was reached: series, tag values or size. Too many series or tag values, or one line is larger
 * than the server takes.
 *
 * <p>Is anything stored? {@link Outcome#PARTLY_STORED}, {@link Outcome#NOT_STORED} or {@link Outcome#UNKNOWN}: not
 * the refused points; the others only where they were acknowledged. Raise the limit; the others may be sent again
 * alone.
 *
 * <p>Class {@code limit}.
 */
public final class LimitException extends WriteException {

    private static final long serialVersionUID = 1L;

    LimitException(WriteFailure failure) {
        super(failure);
    }
}
