package io.influxclient;

/**
 * A server, a queue or a disk had no room. The server throttled the request, a queue or a cache is full, no
 * connection was free, or no space is left on a disk.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED} if the request was throttled; else {@link Outcome#UNKNOWN}:
 * perhaps, on some replicas. Send again after a long pause, if every point carries a time (when throttled: in any
 * case).
 *
 * <p>Class {@code overloaded}.
 */
public final class OverloadedException extends WriteException {

    private static final long serialVersionUID = 1L;

    OverloadedException(WriteFailure failure) {
        super(failure);
    }
}
