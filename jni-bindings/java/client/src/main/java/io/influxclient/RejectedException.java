package io.influxclient;

/**
 * Points were refused for a reason of their own, or for several reasons. A name that the server does not take, or a
 * shard that is about to be deleted.
 *
 * <p>Is anything stored? {@link Outcome#PARTLY_STORED}: not the refused points; the others may be. Correct the
 * refused points; the others may be sent again.
 *
 * <p>Class {@code rejected}.
 */
public final class RejectedException extends WriteException {

    private static final long serialVersionUID = 1L;

    RejectedException(WriteFailure failure) {
        super(failure);
    }
}
