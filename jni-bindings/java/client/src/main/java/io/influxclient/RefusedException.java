package io.influxclient;

/**
 * The call was refused, or the answer is not one that this client knows. A bad path or compressed body; not an
 * InfluxDB; any text that is not listed.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED} for a refused call; {@link Outcome#UNKNOWN} after an answer of
 * 5xx or 2xx that is not listed. The call or the address must be changed.
 *
 * <p>Class {@code refused}.
 */
public final class RefusedException extends WriteException {

    private static final long serialVersionUID = 1L;

    RefusedException(WriteFailure failure) {
        super(failure);
    }
}
