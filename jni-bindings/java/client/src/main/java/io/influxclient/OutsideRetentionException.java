package io.influxclient;

/**
 * Points are older than the retention policy keeps. The server answered {@code points beyond retention policy}.
 *
 * <p>Is anything stored? {@link Outcome#PARTLY_STORED}: not the refused points; the others may be. Drop the refused
 * points; the others may be sent again.
 *
 * <p>Class {@code outside-retention}.
 */
public final class OutsideRetentionException extends WriteException {

    private static final long serialVersionUID = 1L;

    OutsideRetentionException(WriteFailure failure) {
        super(failure);
    }
}
