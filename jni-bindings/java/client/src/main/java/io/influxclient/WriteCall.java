package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import java.util.function.LongSupplier;

/** One write. */
final class WriteCall extends Call<WriteResult> {

    final ConsistencyLevel level;
    /** How many there are; looked at only where the call was given up. */
    final LongSupplier points;

    final boolean idempotent;
    private final Runnable release;
    private boolean toItsEnd;

    /**
     * A write that has not begun.
     *
     * @param release what to do once nothing of it is under way
     */
    WriteCall(
            InfluxClient client,
            RetryPolicy policy,
            ConsistencyLevel level,
            LongSupplier points,
            boolean idempotent,
            Runnable release) {
        super(client, policy);
        this.level = level;
        this.points = points;
        this.idempotent = idempotent;
        this.release = release;
    }

    /** Once it has begun, no interrupt ends it. To be said before that. */
    WriteCall toItsEnd() {
        toItsEnd = true;
        return this;
    }

    @Override
    boolean endsByInterruptOnceBegun() {
        return !toItsEnd;
    }

    @Override
    void ended() {
        release.run();
    }

    @Override
    WriteResult decode(int kind, FrameReader body) {
        switch (kind) {
            case Completion.ACK:
                return new WriteResult(body);
            case Completion.WRITE_ERROR:
                throw WriteFailure.read(body);
            case Completion.POINTS_REFUSED:
                throw InvalidPointException.read(body);
            case Completion.ROWS_ERROR:
                throw new InternalException(
                        "the rows of the batch cannot be read at byte " + body.i64() + ": " + body.text());
            case Completion.CANCELLED:
                throw WriteFailure.interrupted(body.bool(), this);
            default:
                throw new InternalException("a write cannot end with completion " + kind);
        }
    }
}
