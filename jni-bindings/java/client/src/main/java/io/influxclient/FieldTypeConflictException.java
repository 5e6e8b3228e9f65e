package io.influxclient;

/**
 * A field was written with another type than it has. The server answered {@code field type conflict}, under whatever
 * status and wrapping.
 *
 * <p>Is anything stored? {@link Outcome#PARTLY_STORED}: not the refused points; the others may be. Send the refused
 * points with the type that the field has; the others may be sent again.
 *
 * <p>Class {@code type-conflict}.
 */
public final class FieldTypeConflictException extends WriteException {

    private static final long serialVersionUID = 1L;

    FieldTypeConflictException(WriteFailure failure) {
        super(failure);
    }
}
