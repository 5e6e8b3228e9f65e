package io.influxclient;

/**
 * No byte of the points left this machine, or the server could not read them. Connection refused, name not resolved,
 * TLS failure, or lost before the first byte of the body.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED}: no. Sending again is safe. (Of a batch that went in several
 * requests, this is about the one that failed; {@link #outcome()} is about all of it.)
 *
 * <p>Class {@code unreachable}.
 */
public final class UnreachableException extends WriteException {

    private static final long serialVersionUID = 1L;

    UnreachableException(WriteFailure failure) {
        super(failure);
    }
}
