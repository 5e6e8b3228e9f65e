package io.influxclient.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Builds a control frame for the native library: big-endian numbers, UTF-8 texts with their lengths. */
public final class FrameWriter {

    private byte[] bytes = new byte[256];
    private int length;

    /** An empty frame. */
    public FrameWriter() {}

    private int reserve(int more) {
        int at = length;
        // Fails with NegativeArraySizeException rather than wrapping to a small array.
        int wanted = Math.addExact(at, more);
        if (wanted > bytes.length) {
            byte[] old = bytes;
            bytes = Arrays.copyOf(old, Math.max(wanted, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * old.length)));
            // It may hold a password.
            Arrays.fill(old, (byte) 0);
        }
        length = wanted;
        return at;
    }

    /** One byte. */
    public FrameWriter u8(int value) {
        int at = reserve(1);
        bytes[at] = (byte) value;
        return this;
    }

    /** A truth value. */
    public FrameWriter bool(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** Four bytes. */
    public FrameWriter i32(int value) {
        int at = reserve(4);
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >>> (24 - 8 * i));
        }
        return this;
    }

    /** Eight bytes. */
    public FrameWriter i64(long value) {
        int at = reserve(8);
        for (int i = 0; i < 8; i++) {
            bytes[at + i] = (byte) (value >>> (56 - 8 * i));
        }
        return this;
    }

    /** A floating-point number. */
    public FrameWriter f64(double value) {
        return i64(Double.doubleToRawLongBits(value));
    }

    /**
     * The UTF-8 form of a text.
     *
     * @throws IllegalArgumentException if it has half of a surrogate pair: with another character in its place, it
     *     would be another text, such as another name or another password
     */
    public static byte[] utf8(String text) {
        checkPairs(text);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Refuses a text that has no UTF-8 form.
     *
     * @throws IllegalArgumentException if it has half of a surrogate pair
     */
    public static void checkPairs(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                i++;
                if (!Character.isHighSurrogate(c) || i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    throw new IllegalArgumentException(
                            "a text has half of a surrogate pair, which UTF-8 cannot carry: replace it");
                }
            }
        }
    }

    /**
     * A text, or none if null.
     *
     * @throws IllegalArgumentException if it has half of a surrogate pair
     */
    public FrameWriter text(String value) {
        return value == null ? i32(-1) : bytes(utf8(value));
    }

    /** Texts. */
    public FrameWriter texts(List<String> values) {
        i32(values.size());
        values.forEach(this::text);
        return this;
    }

    /** Bytes with their length. */
    public FrameWriter bytes(byte[] value) {
        return bytes(value, 0, value.length);
    }

    /** A part of an array, with its length. */
    public FrameWriter bytes(byte[] value, int offset, int count) {
        i32(count);
        // Reserved first: that may put another array in the place of this one.
        int at = reserve(count);
        System.arraycopy(value, offset, bytes, at, count);
        return this;
    }

    /** A time span, or none if null. One that is longer than 292 years is cut. */
    public FrameWriter duration(Duration value) {
        return i64(value == null ? -1 : nanoseconds(value));
    }

    /** The nanoseconds of a time span, at most {@code Long.MAX_VALUE}. */
    public static long nanoseconds(Duration value) {
        try {
            return value.toNanos();
        } catch (ArithmeticException e) {
            return value.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    /** The frame. This writer may hold a password: {@link #wipe} it afterwards. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    /** Overwrites what was written, for frames with a secret. */
    public void wipe() {
        Arrays.fill(bytes, (byte) 0);
        length = 0;
    }
}
