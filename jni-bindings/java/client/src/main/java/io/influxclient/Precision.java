package io.influxclient;

import java.time.Instant;

/** The unit in which a request gives its times. */
public enum Precision {
    /** Nanoseconds, what the server stores. */
    NANOSECONDS("n", 1),
    /** Microseconds. */
    MICROSECONDS("u", 1_000),
    /** Milliseconds. */
    MILLISECONDS("ms", 1_000_000),
    /** Seconds. */
    SECONDS("s", 1_000_000_000),
    /** Minutes. */
    MINUTES("m", 60_000_000_000L),
    /** Hours. */
    HOURS("h", 3_600_000_000_000L);

    private final String wireName;
    private final long nanoseconds;

    Precision(String wireName, long nanoseconds) {
        this.wireName = wireName;
        this.nanoseconds = nanoseconds;
    }

    /**
     * The value of {@code precision=} that every 1.x server takes.
     *
     * @return the word, such as {@code ms}
     */
    public String wireName() {
        return wireName;
    }

    /**
     * The length of one unit.
     *
     * @return a number of nanoseconds
     */
    public long nanoseconds() {
        return nanoseconds;
    }

    /**
     * A time as a number of units since 1970, rounded down.
     *
     * @param time the time
     * @return the number
     * @throws ArithmeticException if the number is over 64 bits, as for nanoseconds before 1677 or after 2262
     */
    public long count(Instant time) {
        if (nanoseconds >= 1_000_000_000) {
            return Math.floorDiv(time.getEpochSecond(), nanoseconds / 1_000_000_000);
        }
        long unitsASecond = 1_000_000_000 / nanoseconds;
        long within = time.getNano() / nanoseconds;
        long seconds = time.getEpochSecond();
        // Of the first second that fits in part, the product alone would not.
        if (seconds < 0 && within > 0) {
            return Math.addExact(Math.multiplyExact(seconds + 1, unitsASecond), within - unitsASecond);
        }
        return Math.addExact(Math.multiplyExact(seconds, unitsASecond), within);
    }

    /** The time that is so many units after 1970. */
    Instant instant(long count) {
        if (nanoseconds >= 1_000_000_000) {
            return Instant.ofEpochSecond(Math.multiplyExact(count, nanoseconds / 1_000_000_000));
        }
        long unitsASecond = 1_000_000_000 / nanoseconds;
        return Instant.ofEpochSecond(
                Math.floorDiv(count, unitsASecond), Math.floorMod(count, unitsASecond) * nanoseconds);
    }

    /** The precision with this name in a frame. */
    static Precision of(String wireName) {
        for (Precision value : values()) {
            if (value.wireName.equals(wireName)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a precision that this version does not: " + wireName);
    }
}
