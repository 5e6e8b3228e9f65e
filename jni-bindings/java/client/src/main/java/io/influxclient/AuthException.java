package io.influxclient;

/**
 * The credentials are missing or wrong, or the user may not write there. The server answered with status 401 or 403.
 *
 * <p>Is anything stored? {@link Outcome#NOT_STORED}: no. Send again with other credentials or privileges.
 *
 * <p>Class {@code auth}.
 */
public final class AuthException extends WriteException {

    private static final long serialVersionUID = 1L;

    AuthException(WriteFailure failure) {
        super(failure);
    }
}
