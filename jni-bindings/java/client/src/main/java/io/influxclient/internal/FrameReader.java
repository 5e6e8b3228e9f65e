package io.influxclient.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads a control frame of the native library, from front to back.
 *
 * <p>A frame that ends too early comes from a library that is not this version's: that is an
 * {@link IllegalStateException}.
 */
public final class FrameReader {

    private final byte[] bytes;
    private int at;

    /** Reads from the first byte. */
    public FrameReader(byte[] bytes) {
        this.bytes = bytes;
    }

    private int take(int count) {
        if (count < 0 || count > bytes.length - at) {
            throw new IllegalStateException("a frame of the native library ends at byte " + bytes.length
                    + " instead of " + (at + (long) count));
        }
        int from = at;
        at += count;
        return from;
    }

    /** One byte. */
    public int u8() {
        return bytes[take(1)] & 0xFF;
    }

    /** A truth value. */
    public boolean bool() {
        return u8() != 0;
    }

    /** Four bytes. */
    public int i32() {
        int from = take(4);
        int value = 0;
        for (int i = 0; i < 4; i++) {
            value = value << 8 | bytes[from + i] & 0xFF;
        }
        return value;
    }

    /** Eight bytes. */
    public long i64() {
        int from = take(8);
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | bytes[from + i] & 0xFF;
        }
        return value;
    }

    /** A floating-point number. */
    public double f64() {
        return Double.longBitsToDouble(i64());
    }

    /** A text, or null for none. */
    public String text() {
        int length = i32();
        return length < 0 ? null : new String(bytes, take(length), length, StandardCharsets.UTF_8);
    }

    /** Bytes with their length. */
    public byte[] bytes() {
        int length = i32();
        int from = take(length);
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    /** Bytes with their length, which are not copied: an array of this frame. */
    public ByteBuffer view() {
        int length = i32();
        return ByteBuffer.wrap(bytes, take(length), length).slice();
    }

    /** A time span, or null for none. */
    public Duration duration() {
        long nanoseconds = i64();
        return nanoseconds < 0 ? null : Duration.ofNanos(nanoseconds);
    }

    /** A list that cannot be changed. */
    public <T> List<T> list(Supplier<T> element) {
        int count = i32();
        // Every element takes a byte or more, so a wrong count cannot ask for much memory.
        List<T> list = new ArrayList<>(Math.min(count, bytes.length - at));
        for (int i = 0; i < count; i++) {
            list.add(element.get());
        }
        return Collections.unmodifiableList(list);
    }

    /** Names with their values, in order. */
    public Map<String, String> map() {
        int count = i32();
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String name = text();
            map.put(name, text());
        }
        return Collections.unmodifiableMap(map);
    }
}
