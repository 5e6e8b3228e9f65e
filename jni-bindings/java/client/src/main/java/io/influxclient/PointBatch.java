package io.influxclient;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Points to be written in one call.
 *
 * <p>They lie in a direct buffer, as the native library reads them; the caller's thread formats nothing, and no object
 * is made for a point. The buffer comes from a pool, so close the batch in the end; clear it to use it again.
 *
 * <p>While a write of the batch is under way, it can be read but not changed. A batch is for one thread at a time.
 */
public final class PointBatch implements AutoCloseable {

    private final Precision precision;
    private final PointWriter writer = new PointWriter(this);
    private final Rows rows = writer.rows();
    private int points;
    private boolean idempotent = true;

    /** Writes under way, and one for the owner until it closes: who ends last gives the buffer back. */
    private final AtomicInteger users = new AtomicInteger(1);

    private volatile boolean closed;

    private PointBatch(Precision precision) {
        this.precision = Objects.requireNonNull(precision, "precision");
    }

    /**
     * An empty batch whose times are nanoseconds.
     *
     * @return the batch
     */
    public static PointBatch create() {
        return new PointBatch(Precision.NANOSECONDS);
    }

    /**
     * An empty batch.
     *
     * @param precision the unit of its times; {@link Precision#NANOSECONDS} is what the server stores
     * @return the batch
     * @throws NullPointerException if the precision is null
     */
    public static PointBatch create(Precision precision) {
        return new PointBatch(precision);
    }

    /**
     * Begins a point. It belongs to the batch once {@link PointWriter#at(long)} or one of its neighbours has ended it.
     *
     * @param measurement the measurement
     * @return the writer of this batch, the same one each time
     * @throws NullPointerException if the measurement is null
     * @throws InvalidPointException if the measurement is empty
     * @throws IllegalStateException if the batch is closed, or a write of it is under way; or if the point before was
     *     not ended, which is discarded
     */
    public PointWriter point(String measurement) {
        checkChangeable();
        return writer.begin(measurement);
    }

    void finished(boolean timed) {
        rows.finish();
        points++;
        idempotent &= timed;
    }

    /**
     * The unit of times.
     *
     * @return the precision
     */
    public Precision precision() {
        return precision;
    }

    /**
     * How many points there are.
     *
     * @return a number of finished points
     */
    public int points() {
        return points;
    }

    /**
     * How much room they take in the buffer, which is near the size of their line protocol.
     *
     * @return a number of bytes
     */
    public int bytes() {
        return rows.length();
    }

    /**
     * Whether every point has a time, so that writing the batch again does no harm.
     *
     * @return whether no point has the server's time
     */
    public boolean isIdempotent() {
        return idempotent;
    }

    /**
     * Takes all points out, a point that was begun included. The buffer stays.
     *
     * @throws IllegalStateException if the batch is closed, or a write of it is under way
     */
    public void clear() {
        checkChangeable();
        writer.discard();
        rows.clear();
        points = 0;
        idempotent = true;
    }

    /**
     * Gives the buffer back to the pool, once the writes of the batch are done. The batch cannot be used any more.
     * Closing it again does nothing.
     */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            writer.discard();
            release();
        }
    }

    private void checkChangeable() {
        if (closed) {
            throw new IllegalStateException("the batch is closed");
        }
        if (users.get() != 1) {
            throw new IllegalStateException("a write of the batch is under way: wait for it, or use another batch");
        }
    }

    /** A call begins to read the buffer; it calls {@link #release} when nothing reads it any more. */
    ByteBuffer lend() {
        if (closed) {
            throw new IllegalStateException("the batch is closed");
        }
        if (writer.isOpen()) {
            throw new IllegalStateException("the last point has no time: end it with at, now or serverTime");
        }
        users.incrementAndGet();
        return rows.buffer();
    }

    /** What was lent. */
    ByteBuffer buffer() {
        return rows.buffer();
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            rows.release();
        }
    }
}
