package io.influxclient;

/**
 * Lines are not line protocol. The server answered {@code unable to parse}.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED} if no line could be parsed; else {@link Outcome#PARTLY_STORED}:
 * not the refused lines, but the others may be. Correct the refused lines; the others may be sent again.
 *
 * <p>Class {@code malformed}.
 */
public final class MalformedException extends WriteException {

    private static final long serialVersionUID = 1L;

    MalformedException(WriteFailure failure) {
        super(failure);
    }
}
