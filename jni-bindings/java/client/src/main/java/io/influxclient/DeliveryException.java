package io.influxclient;

/**
 * A batch of a {@link BatchWriter} that ended without an answer of a server: it was not sent, or given up on its way. Or
 * several batches with the points of one push, of which some were not acknowledged.
 */
public final class DeliveryException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final String fate;
    private final Outcome outcome;

    DeliveryException(String fate, Outcome outcome, String message) {
        super(message);
        this.fate = fate;
        this.outcome = outcome;
    }

    /**
     * What became of the batch.
     *
     * @return {@code dropped} to make room, {@code unsent} when the writer was closed, {@code interrupted} when the
     *     time to close it ran out, {@code spooled} for the next writer of the spool, or {@code lost} with the writer;
     *     {@code several} where there were several batches, of which the message has the first failure
     */
    public String fate() {
        return fate;
    }

    /**
     * What is known of its points.
     *
     * @return {@link Outcome#NOT_STORED} or {@link Outcome#UNKNOWN}; of several batches what is known of all the points
     *     together, so that absence is claimed of all of them or not at all
     */
    public Outcome outcome() {
        return outcome;
    }
}
