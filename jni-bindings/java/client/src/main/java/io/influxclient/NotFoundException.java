package io.influxclient;

/**
 * The node does not know the database or the retention policy. The server answered {@code database not found} or
 * {@code retention policy not found}.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED}: no. Send again once it is created; just after creation a node
 * may lag for some milliseconds.
 *
 * <p>Class {@code not-found}.
 */
public final class NotFoundException extends WriteException {

    private static final long serialVersionUID = 1L;

    NotFoundException(WriteFailure failure) {
        super(failure);
    }
}
