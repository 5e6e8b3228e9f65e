package io.influxclient;

import io.influxclient.internal.FrameWriter;

/**
 * Whether requests are compressed. Compression costs several times what all the rest of a write costs, so it is off
 * unless the network is the bottleneck. Immutable.
 */
public final class Gzip {

    private static final int OFF = 1;
    private static final int ALWAYS = 2;
    private static final int ABOVE = 3;

    private final int kind;
    private final long number;

    private Gzip(int kind, long number) {
        this.kind = kind;
        this.number = number;
    }

    /**
     * Never.
     *
     * @return the setting
     */
    public static Gzip off() {
        return new Gzip(OFF, 0);
    }

    /**
     * Always.
     *
     * @param level 1 is the fastest, 9 the smallest
     * @return the setting
     * @throws IllegalArgumentException if the level is not from 1 to 9
     */
    public static Gzip level(int level) {
        if (level < 1 || level > 9) {
            throw new IllegalArgumentException("levels of gzip are from 1 to 9, not " + level);
        }
        return new Gzip(ALWAYS, level);
    }

    /**
     * With level 1, if the batch has more bytes of line protocol than this.
     *
     * @param bytes a number of bytes
     * @return the setting
     * @throws IllegalArgumentException if the number is negative
     */
    public static Gzip above(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a batch never has less than " + bytes + " bytes");
        }
        return new Gzip(ABOVE, bytes);
    }

    /** Into a frame; null for the default. */
    static void put(FrameWriter frame, Gzip gzip) {
        frame.u8(gzip == null ? 0 : gzip.kind);
        if (gzip != null && gzip.kind == ALWAYS) {
            frame.u8((int) gzip.number);
        } else if (gzip != null && gzip.kind == ABOVE) {
            frame.i64(gzip.number);
        }
    }
}
