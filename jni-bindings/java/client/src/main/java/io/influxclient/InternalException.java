package io.influxclient;

/**
 * A fault of this library. What the call was about is unknown: points may be stored nowhere, somewhere, or later. The
 * client refuses further calls, so close it and make a new one.
 */
public final class InternalException extends InfluxException {

    private static final long serialVersionUID = 1L;

    // The native library makes it by this constructor.
    InternalException(String message) {
        super(message);
    }
}
