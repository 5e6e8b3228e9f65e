package io.influxclient;

/**
 * Whatever goes wrong with a call, as one of the subclasses: {@link WriteException}, {@link QueryException} and
 * {@link PushException} for what servers or the network did, {@link UnsettledPointsException} and {@link
 * DeliveryException} for what became of points in the background, {@link FlushInterruptedException} for a wait that was
 * given up, {@link InvalidPointException} and
 * {@link InvalidSettingsException} for what was refused before anything was sent, and {@link InternalException} for a
 * fault of this library.
 */
public abstract class InfluxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InfluxException(String message) {
        super(message);
    }

    InfluxException(String message, Throwable cause) {
        super(message, cause);
    }
}
