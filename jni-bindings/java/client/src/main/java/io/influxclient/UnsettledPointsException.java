package io.influxclient;

import java.util.List;
import java.util.Optional;

/**
 * A {@link BatchWriter} was flushed or closed, and not every point was acknowledged. What became of the points is in
 * {@link #failures()} after a flush, and in {@link #closed()} after a close.
 */
public final class UnsettledPointsException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final transient List<Delivery> failures;
    private final transient Tally tally;
    private final transient WriterClosed closed;

    UnsettledPointsException(String message, Tally tally, List<Delivery> failures) {
        super(message);
        this.failures = failures;
        this.tally = tally;
        closed = null;
        failures.forEach(failure -> failure.failure().ifPresent(this::addSuppressed));
    }

    UnsettledPointsException(WriterClosed closed) {
        super("the writer was closed, and not every point was acknowledged: " + closed);
        this.closed = closed;
        failures = List.of();
        tally = closed.totals().settled();
    }

    /**
     * The batches that failed since the flush before.
     *
     * @return the first ones; a list that cannot be changed, empty after a close
     */
    public List<Delivery> failures() {
        return failures;
    }

    /**
     * What became of the points of those batches; after a close, of all points.
     *
     * @return the numbers
     */
    public Tally tally() {
        return tally;
    }

    /**
     * What the writer left behind.
     *
     * @return the report, after a close
     */
    public Optional<WriterClosed> closed() {
        return Optional.ofNullable(closed);
    }
}
