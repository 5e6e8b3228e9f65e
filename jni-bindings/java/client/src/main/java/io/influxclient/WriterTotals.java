package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.OptionalLong;

/**
 * What a {@link BatchWriter} has done so far, in numbers. The points add up: {@link #accepted} and {@link #recovered}
 * are the total of {@link #settled} with {@link #dropped} and {@link #pending}. Immutable.
 */
public final class WriterTotals {

    private final long accepted;
    private final long recovered;
    private final long dropped;
    private final long pending;
    private final long batches;
    private final long failedBatches;
    private final long memory;
    private final Tally settled;
    private final boolean abandoned;
    private final boolean horizonKnown;
    private final long settledBefore;
    private final long holes;
    private final long late;

    WriterTotals(FrameReader frame) {
        this(frame, true);
    }

    /** Of a writer to which others may push while its numbers are kept, the horizon is not kept with them. */
    WriterTotals(FrameReader frame, boolean withHorizon) {
        accepted = frame.i64();
        recovered = frame.i64();
        dropped = frame.i64();
        pending = frame.i64();
        batches = frame.i64();
        failedBatches = frame.i64();
        memory = frame.i64();
        settled = new Tally(frame);
        abandoned = frame.bool();
        horizonKnown = frame.bool() && withHorizon;
        settledBefore = frame.i64();
        holes = frame.i64();
        late = frame.i64();
    }

    /**
     * Points that were accepted.
     *
     * @return a number of points
     */
    public long accepted() {
        return accepted;
    }

    /**
     * Points that an earlier writer had left in the spool.
     *
     * @return a number of points
     */
    public long recovered() {
        return recovered;
    }

    /**
     * Points that were dropped unsent to make room.
     *
     * @return a number of points
     */
    public long dropped() {
        return dropped;
    }

    /**
     * Points that are accepted and not settled.
     *
     * @return a number of points
     */
    public long pending() {
        return pending;
    }

    /**
     * Batches that were settled.
     *
     * @return a number of batches
     */
    public long batches() {
        return batches;
    }

    /**
     * Batches among them that were not acknowledged for every point.
     *
     * @return a number of batches
     */
    public long failedBatches() {
        return failedBatches;
    }

    /**
     * The memory that counts towards {@link BatchWriterBuilder#memory}.
     *
     * @return a number of bytes
     */
    public long memory() {
        return memory;
    }

    /**
     * Points of settled batches, by what became of them.
     *
     * @return the numbers
     */
    public Tally settled() {
        return settled;
    }

    /**
     * Whether the writer ended without being closed, while points were pending.
     *
     * @return whether it was abandoned
     */
    public boolean isAbandoned() {
        return abandoned;
    }

    /**
     * Every point with an earlier time is settled for good, as far as it was accepted by now.
     *
     * @return nanoseconds since 1970, if that can be said
     */
    public OptionalLong settledBefore() {
        return horizonKnown ? OptionalLong.of(settledBefore) : OptionalLong.empty();
    }

    /**
     * Batches of unknown fate, which keep {@link #settledBefore} from going on: see {@link BatchWriter#forgetHoles}.
     *
     * @return a number of batches
     */
    public long holes() {
        return holes;
    }

    /**
     * Points that came with a time before {@link #settledBefore}.
     *
     * @return a number of points
     */
    public long late() {
        return late;
    }

    @Override
    public String toString() {
        return accepted + " points accepted, " + pending + " pending, " + dropped + " dropped; settled: " + settled;
    }
}
