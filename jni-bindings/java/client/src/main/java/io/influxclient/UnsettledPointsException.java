package io.influxclient;

import java.util.List;
import java.util.Optional;

/**
 * A {@link BatchWriter} was flushed or closed, and not every point was acknowledged. Why is in
 * {@link #failures()}; what a close leaves behind is in {@link #closed()}.
 *
 * <p>The points of a batch that failed while the writer ran are in neither: they are told to the listener, see
 * {@link BatchReport#failed}. After serialization, {@link #failures()} and {@link #closed()} are empty; their exceptions
 * are still among the suppressed ones.
 */
public final class UnsettledPointsException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final transient List<Delivery> failures;
    private final Tally tally;
    private final transient WriterClosed closed;

    UnsettledPointsException(String message, Tally tally, List<Delivery> failures) {
        this(message, tally, failures, null);
    }

    UnsettledPointsException(WriterClosed closed) {
        this(
                "the writer was closed, and not every point was acknowledged: " + closed,
                closed.totals().settled(),
                closed.failures(),
                closed);
    }

    private UnsettledPointsException(String message, Tally tally, List<Delivery> failures, WriterClosed closed) {
        super(message);
        this.tally = tally;
        this.failures = failures;
        this.closed = closed;
        failures.forEach(failure -> failure.failure().ifPresent(this::addSuppressed));
    }

    /**
     * The batches that failed since the flush before; after a close, with those that it leaves behind.
     *
     * @return the first 16; a list that cannot be changed
     */
    public List<Delivery> failures() {
        return failures == null ? List.of() : failures;
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
