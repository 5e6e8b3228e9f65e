package org.influxdb;

/** A query result does not fit the class it was to be mapped to. */
public class InfluxDBMapperException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * An exception with a text and a cause.
     *
     * @param message what does not fit
     * @param cause what led to it
     */
    public InfluxDBMapperException(final String message, final Throwable cause) {
        super(message, cause);
    }

    /**
     * An exception with a text.
     *
     * @param message what does not fit
     */
    public InfluxDBMapperException(final String message) {
        super(message);
    }

    /**
     * An exception with the text of its cause.
     *
     * @param cause what led to it
     */
    public InfluxDBMapperException(final Throwable cause) {
        super(cause);
    }
}
