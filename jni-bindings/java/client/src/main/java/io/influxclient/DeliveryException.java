package io.influxclient;

/**
 * A batch of a {@link BatchWriter} that ended without an answer of a server: it was not sent, or given up on its way.
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
     *     time to close it ran out, {@code spooled} for the next writer of the spool, {@code lost} with the writer, or {@code divided}: the points of
     *     one push went in several batches, which ended differently
     */
    public String fate() {
        return fate;
    }

    /**
     * What is known of its points.
     *
     * @return {@link Outcome#NOT_STORED} or {@link Outcome#UNKNOWN}
     */
    public Outcome outcome() {
        return outcome;
    }
}
