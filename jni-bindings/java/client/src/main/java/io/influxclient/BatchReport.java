package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.Optional;

/** What became of one batch of a {@link BatchWriter}. Immutable. */
public final class BatchReport {

    private final long number;
    private final long points;
    private final long bytes;
    private final long missed;
    private final Delivery delivery;
    private final LineProtocol failed;

    BatchReport(FrameReader frame) {
        number = frame.i64();
        points = frame.i64();
        bytes = frame.i64();
        missed = frame.i64();
        delivery = new Delivery(frame);
        Precision precision = Precision.of(frame.text());
        byte[] lines = frame.bytes();
        failed = lines.length == 0
                ? null
                : LineProtocol.of(lines).precision(precision).unchecked();
    }

    /**
     * Which batch of the writer it was.
     *
     * @return a number from 0, in the order in which batches are settled
     */
    public long number() {
        return number;
    }

    /**
     * How many points it had.
     *
     * @return a number of points
     */
    public long points() {
        return points;
    }

    /**
     * How large it was.
     *
     * @return a number of bytes of line protocol
     */
    public long bytes() {
        return bytes;
    }

    /**
     * How many reports were lost so far, because the listener did not keep up. Writing never waits for a listener.
     *
     * @return a number of reports
     */
    public long missed() {
        return missed;
    }

    /**
     * What became of it.
     *
     * @return the acknowledgement or the exception
     */
    public Delivery delivery() {
        return delivery;
    }

    /**
     * The points, if they were not all acknowledged. Whether some of them are stored: see {@link Delivery#outcome()}.
     *
     * @return their lines
     */
    public Optional<LineProtocol> failed() {
        return Optional.ofNullable(failed);
    }

    @Override
    public String toString() {
        return "batch " + number + " of " + points + " points: " + delivery;
    }
}
