package org.influxdb;

/** An object could not be turned into a point. */
public class BuilderException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * An exception with a text.
     *
     * @param message what does not fit
     */
    public BuilderException(final String message) {
        super(message);
    }
}
