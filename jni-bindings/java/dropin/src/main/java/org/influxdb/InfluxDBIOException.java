package org.influxdb;

import java.io.IOException;

/** The server could not be reached, or the connection broke: what became of the points is not known. */
public class InfluxDBIOException extends InfluxDBException {

    private static final long serialVersionUID = 1L;

    /**
     * An exception for a failure of the transport.
     *
     * @param cause the failure
     */
    public InfluxDBIOException(final IOException cause) {
        super(cause);
    }
}
