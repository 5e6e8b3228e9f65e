package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/** What a {@link BatchWriter} leaves behind when it is closed. Immutable. */
public final class WriterClosed {

    private final long acknowledged;
    private final long refused;
    private final long unknown;
    private final long notStored;
    private final long spooled;
    private final List<Leftover> unsent;
    private final List<Leftover> interrupted;
    private final WriterTotals totals;
    private final List<Delivery> failures;

    /** Tells the numbers before it makes room for the rest. */
    WriterClosed(FrameReader frame, Precision precision, Consumer<WriterTotals> numbers) {
        acknowledged = frame.i64();
        refused = frame.i64();
        unknown = frame.i64();
        notStored = frame.i64();
        spooled = frame.i64();
        totals = new WriterTotals(frame);
        numbers.accept(totals);
        failures = frame.list(() -> new Delivery(frame));
        unsent = frame.list(() -> new Leftover(frame, precision));
        interrupted = frame.list(() -> new Leftover(frame, precision));
    }

    /**
     * Points that were acknowledged at the level asked for, over the life of the writer.
     *
     * @return a number of points
     */
    public long acknowledged() {
        return acknowledged;
    }

    /**
     * Points that were refused for good.
     *
     * @return a number of points
     */
    public long refused() {
        return refused;
    }

    /**
     * Points that may be stored nowhere, somewhere, or later; those of {@link #interrupted} are among them.
     *
     * @return a number of points
     */
    public long unknown() {
        return unknown;
    }

    /**
     * Points that are not stored: of batches that failed, that were dropped, or are in {@link #unsent}.
     *
     * @return a number of points
     */
    public long notStored() {
        return notStored;
    }

    /**
     * Points that stay in the spool for its next writer.
     *
     * @return a number of points
     */
    public long spooled() {
        return spooled;
    }

    /**
     * Batches that were never sent, in the order of their points.
     *
     * @return a list that cannot be changed
     */
    public List<Leftover> unsent() {
        return unsent;
    }

    /**
     * Batches that were on their way when the time ran out.
     *
     * @return a list that cannot be changed
     */
    public List<Leftover> interrupted() {
        return interrupted;
    }

    /**
     * What became of batches that were not acknowledged, those that are left behind among them, as far as no flush has
     * told it. The points of batches that failed before the close are told to the listener only.
     *
     * @return the first 16; a list that cannot be changed
     */
    public List<Delivery> failures() {
        return failures;
    }

    /**
     * All numbers of the writer.
     *
     * @return the numbers
     */
    public WriterTotals totals() {
        return totals;
    }

    /**
     * Whether every accepted point, and every one found in the spool, was acknowledged.
     *
     * @return whether nothing is left to care about
     */
    public boolean isComplete() {
        return acknowledged == totals.accepted() + totals.recovered();
    }

    @Override
    public String toString() {
        return acknowledged + " points acknowledged, " + refused + " refused, " + unknown + " unknown, " + notStored
                + " not stored" + (spooled == 0 ? "" : ", " + spooled + " spooled");
    }

    /** A batch that was not settled. */
    public static final class Leftover {

        private final long points;
        private final boolean idempotent;
        private final Precision precision;
        /** Of the frame, as there may be as much as the writer's memory held. */
        private final ByteBuffer lines;

        Leftover(FrameReader frame, Precision precision) {
            points = frame.i64();
            idempotent = frame.bool();
            this.precision = precision;
            lines = frame.view();
        }

        /**
         * How many points it has.
         *
         * @return a number of points
         */
        public long points() {
            return points;
        }

        /**
         * Whether every point has a time, so that writing it does no harm even if it is stored.
         *
         * @return whether it is idempotent
         */
        public boolean isIdempotent() {
            return idempotent;
        }

        /**
         * The points, to be written. Each call copies them, so that they can be taken one batch after the other where
         * memory is short.
         *
         * @return their lines
         */
        public LineProtocol lines() {
            return LineProtocol.of(lines.array(), lines.arrayOffset(), lines.remaining())
                    .precision(precision)
                    .unchecked();
        }
    }
}
