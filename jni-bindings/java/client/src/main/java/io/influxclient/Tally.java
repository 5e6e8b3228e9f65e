package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.io.Serializable;

/**
 * How many points of a write ended how. The numbers add up to the points of the batch, and none claims more than is
 * known. Immutable.
 */
public final class Tally implements Serializable {

    private static final long serialVersionUID = 1L;

    private final long stored;
    private final long belowLevel;
    private final long deferred;
    private final long refused;
    private final long unknown;
    private final long notStored;

    Tally(FrameReader frame) {
        stored = frame.i64();
        belowLevel = frame.i64();
        deferred = frame.i64();
        refused = frame.i64();
        unknown = frame.i64();
        notStored = frame.i64();
    }

    /** Of a call that ended before it was known how. */
    private Tally(long unknown, long notStored) {
        stored = 0;
        belowLevel = 0;
        deferred = 0;
        refused = 0;
        this.unknown = unknown;
        this.notStored = notStored;
    }

    static Tally unknown(long points) {
        return new Tally(points, 0);
    }

    static Tally notStored(long points) {
        return new Tally(0, points);
    }

    /**
     * Points acknowledged at the level asked for.
     *
     * @return a number of points
     */
    public long stored() {
        return stored;
    }

    /**
     * Points in a request that some replica acknowledged, but fewer than the level asks.
     *
     * @return a number of points
     */
    public long belowLevel() {
        return belowLevel;
    }

    /**
     * Points in a request that a hinted handoff queue accepted.
     *
     * @return a number of points
     */
    public long deferred() {
        return deferred;
    }

    /**
     * Points refused for good. Where the server refused points without naming them, this is the number it admits to.
     *
     * @return a number of points
     */
    public long refused() {
        return refused;
    }

    /**
     * Points that are perhaps stored.
     *
     * @return a number of points
     */
    public long unknown() {
        return unknown;
    }

    /**
     * Points that are stored nowhere, but not refused for good either.
     *
     * @return a number of points
     */
    public long notStored() {
        return notStored;
    }

    /**
     * All points of the call.
     *
     * @return the sum of the other numbers
     */
    public long total() {
        return stored + belowLevel + deferred + refused + unknown + notStored;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        add(text, stored, " stored");
        add(text, belowLevel, " below level");
        add(text, deferred, " deferred");
        add(text, refused, " refused");
        add(text, unknown, " unknown");
        add(text, notStored, " not stored");
        return text.length() == 0 ? "no points" : text.toString();
    }

    private static void add(StringBuilder text, long count, String words) {
        if (count > 0) {
            text.append(text.length() == 0 ? "" : ", ").append(count).append(words);
        }
    }
}
