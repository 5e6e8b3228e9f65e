package io.influxclient;

import io.influxclient.internal.NativeClient;
import java.time.Instant;
import java.util.Objects;

/**
 * Writes one point into a {@link PointBatch}: first its tags, then its fields, one at least, and then its time, which
 * ends it.
 *
 * <p>A batch has one writer, which it uses again for each point; so a point costs no object. Where a method throws, the
 * point that was being written is gone and the batch holds what it held before. For the batch's thread only.
 *
 * <p>A batch that has no more room, as it takes 512 MiB, is an {@link IllegalStateException} of any of these methods.
 *
 * <p>Names and values are checked further by the write: see {@link InvalidPointException}.
 */
public final class PointWriter {

    /** No point is open. */
    private static final int IDLE = 0;

    private static final int TAGS = 1;
    private static final int FIELDS = 2;

    private final PointBatch batch;
    private final Rows rows;
    private int state;

    PointWriter(PointBatch batch) {
        this.batch = batch;
        rows = new Rows(this);
    }

    Rows rows() {
        return rows;
    }

    PointWriter begin(String measurement) {
        if (state != IDLE) {
            throw discarding(
                    new IllegalStateException("the point before has no time: end it with at, now or serverTime"));
        }
        checkName(measurement, "measurement");
        state = TAGS;
        rows.word(Rows.POINT, measurement);
        return this;
    }

    /** A point that was begun goes. */
    void discard() {
        state = IDLE;
        rows.discard();
    }

    boolean isOpen() {
        return state != IDLE;
    }

    /**
     * Adds a tag. One with an empty value is left out, as the server has no such tags.
     *
     * @param key the name
     * @param value the value; no line feeds, and no backslash at its end
     * @return this writer
     * @throws NullPointerException if the key or the value is null
     * @throws InvalidPointException if the key is empty or {@code time}, or the text cannot be written
     * @throws IllegalStateException if no point is open, or it has a field already
     */
    public PointWriter tag(String key, CharSequence value) {
        if (state != TAGS) {
            throw misused("a tag");
        }
        if (key == null || value == null || key.isEmpty()) {
            checkName(key, "tag key");
            throw discarding(new NullPointerException("the value of tag " + shown(key)));
        }
        int found = rows.text(Rows.TAG, key, value);
        if (found != Rows.PLAIN) {
            checkTag(key, value, found);
        }
        return this;
    }

    private void checkTag(String key, CharSequence value, int found) {
        if (found == Rows.HAS_SURROGATE) {
            throw surrogate("the value of tag " + shown(key));
        }
        String text = value.toString();
        if (text.indexOf('\n') >= 0) {
            throw invalid(
                    "LineFeed",
                    "the value of tag " + shown(key)
                            + " has a line feed, which only a string field can carry: remove it");
        }
        if (text.endsWith("\\")) {
            throw invalid(
                    "TrailingBackslash",
                    "the value of tag " + shown(key)
                            + " ends with a backslash, which would swallow the separator behind it: drop or replace"
                            + " it");
        }
    }

    /**
     * Adds a field with a floating-point number.
     *
     * @param key the name
     * @param value the number
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty, or the number is NaN or infinite, which line protocol cannot
     *     carry
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, double value) {
        checkField(key);
        if (!Double.isFinite(value)) {
            throw invalid("NotFinite", "field " + shown(key) + " is not a finite number: leave the field out");
        }
        rows.number(Rows.F64, key, Double.doubleToRawLongBits(value));
        return this;
    }

    /**
     * Adds a field with a floating-point number, as the double of the same value: {@code 0.1f} is 0.10000000149011612.
     *
     * @param key the name
     * @param value the number
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty, or the number is NaN or infinite
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, float value) {
        return field(key, (double) value);
    }

    /**
     * Adds a field with an integer.
     *
     * @param key the name
     * @param value the number
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, long value) {
        checkField(key);
        rows.number(Rows.I64, key, value);
        return this;
    }

    /**
     * Adds a field with an integer.
     *
     * @param key the name
     * @param value the number
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, int value) {
        return field(key, (long) value);
    }

    /**
     * Adds a field with an integer that is read without a sign.
     *
     * @param key the name
     * @param value the 64 bits
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty, or the number is over 2<sup>63</sup>-1, the largest that a 1.x
     *     server stores
     * @throws IllegalStateException if no point is open
     */
    public PointWriter fieldUnsigned(String key, long value) {
        checkField(key);
        if (value < 0) {
            throw invalid(
                    "IntegerTooLarge",
                    "field " + shown(key) + " is over 9223372036854775807, the largest integer a 1.x"
                            + " server stores: send it as a float or a string");
        }
        rows.number(Rows.I64, key, value);
        return this;
    }

    /**
     * Adds a field with a truth value.
     *
     * @param key the name
     * @param value the value
     * @return this writer
     * @throws NullPointerException if the key is null
     * @throws InvalidPointException if the key is empty
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, boolean value) {
        checkField(key);
        rows.bool(key, value);
        return this;
    }

    /**
     * Adds a field with a text.
     *
     * @param key the name
     * @param value any text, line feeds included
     * @return this writer
     * @throws NullPointerException if the key or the value is null
     * @throws InvalidPointException if the key is empty, or half of a surrogate pair is missing in the text
     * @throws IllegalStateException if no point is open
     */
    public PointWriter field(String key, CharSequence value) {
        checkField(key);
        if (value == null) {
            throw discarding(new NullPointerException("the value of field " + shown(key)));
        }
        if (rows.text(Rows.STRING, key, value) == Rows.HAS_SURROGATE) {
            throw surrogate("field " + shown(key));
        }
        return this;
    }

    /**
     * Ends the point with a time.
     *
     * @param time the time in the batch's precision, since 1970
     * @throws InvalidPointException if the point has no field
     * @throws IllegalStateException if no point is open
     */
    public void at(long time) {
        checkEnd();
        rows.time(time);
        state = IDLE;
        batch.finished(true);
    }

    /**
     * Ends the point with a time, rounded down to the batch's precision.
     *
     * @param time the time
     * @throws NullPointerException if the time is null
     * @throws InvalidPointException if the point has no field, or if the server cannot store the time
     * @throws IllegalStateException if no point is open
     */
    public void at(Instant time) {
        checkEnd();
        if (time == null) {
            throw discarding(new NullPointerException("time"));
        }
        long count;
        try {
            count = batch.precision().count(time);
        } catch (ArithmeticException e) {
            throw invalid("TimeOutOfRange", "the time is outside of what a server stores (1677-09-21 to 2262-04-11)");
        }
        at(count);
    }

    /**
     * Ends the point with the time of now, in the batch's precision. Such times strictly increase within this process,
     * so that two points of one series never become one by accident, and writing the point again is harmless.
     *
     * @throws InvalidPointException if the point has no field; or if so many times were given in a coarse precision
     *     that the next one would be more than an hour ahead of the clock
     * @throws IllegalStateException if no point is open
     * @throws UnsatisfiedLinkError if the native library cannot be loaded
     */
    public void now() {
        checkEnd();
        long stamp = NativeClient.stamp(batch.precision().ordinal());
        if (stamp == Long.MIN_VALUE) {
            throw invalid(
                    "StampsAhead",
                    "the next time of now in this precision would be over an hour ahead of the clock: use a"
                            + " finer precision or give times");
        }
        at(stamp);
    }

    /**
     * Ends the point without a time: the server takes its own, at the moment when it reads the point. The batch is not
     * idempotent any more, so it is not sent again where the points may be stored already.
     *
     * @throws InvalidPointException if the point has no field
     * @throws IllegalStateException if no point is open
     */
    public void serverTime() {
        checkEnd();
        rows.serverTime();
        state = IDLE;
        batch.finished(false);
    }

    private void checkField(String key) {
        if (state != FIELDS) {
            if (state == IDLE) {
                throw misused("a field");
            }
            state = FIELDS;
        }
        if (key == null || key.isEmpty()) {
            checkName(key, "field key");
        }
    }

    private void checkEnd() {
        if (state != FIELDS) {
            if (state == IDLE) {
                throw misused("a time");
            }
            throw invalid("NoField", "the point has no field with a value: give it one, or leave the point out");
        }
    }

    private void checkName(String name, String part) {
        if (name == null) {
            throw discarding(new NullPointerException(part));
        }
        if (name.isEmpty()) {
            throw invalid("Empty", "the " + part + " is empty: give it a name");
        }
    }

    private RuntimeException misused(String what) {
        if (state == FIELDS) {
            return discarding(new IllegalStateException("the point has a field already: tags come before fields"));
        }
        return new IllegalStateException(what + " belongs to a point: begin one with PointBatch.point");
    }

    IllegalStateException tooLarge() {
        return discarding(new IllegalStateException("a batch has room for 512 MiB: write it, then clear it"));
    }

    InvalidPointException surrogateInName() {
        return surrogate("a name");
    }

    private InvalidPointException surrogate(String where) {
        return invalid(
                "UnpairedSurrogate", where + " has half of a surrogate pair, which UTF-8 cannot carry: replace it");
    }

    private InvalidPointException invalid(String kind, String text) {
        return discarding(InvalidPointException.of(batch.points(), kind, text));
    }

    /** The point that was being written goes. */
    private <E extends RuntimeException> E discarding(E exception) {
        discard();
        return exception;
    }

    /** A name fit to be shown. */
    private static String shown(String name) {
        String text = Objects.requireNonNullElse(name, "null");
        return '"' + (text.length() > 48 ? text.substring(0, 48) + "…" : text).replace("\n", "\\n") + '"';
    }
}
