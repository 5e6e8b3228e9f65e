package io.influxclient;

import io.influxclient.internal.BufferPool;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Points as the native library reads them: words of an operation and a name's number, each with its value behind it.
 * Numbers are written raw and names once, so that the caller's thread formats nothing.
 */
final class Rows {

    static final int POINT = 0x02;
    static final int TAG = 0x03;
    static final int F64 = 0x10;
    static final int I64 = 0x11;
    static final int BOOL = 0x13;
    static final int STRING = 0x14;
    static final int AT = 0x20;
    static final int SERVER_TIME = 0x22;
    private static final int NAME = 0x01;
    /** What the native library takes in one call. */
    private static final int LARGEST = 512 << 20;

    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long ONES = 0x0101010101010101L;
    private static final long TOPS = 0x8080808080808080L;
    private static final long LINE_FEEDS = ONES * '\n';
    private static final long BACKSLASHES = ONES * '\\';

    /** What {@link #text} found in a text. */
    static final int PLAIN = 0;

    static final int HAS_SPECIAL = 1;
    static final int HAS_SURROGATE = 2;

    private ByteBuffer buffer = BufferPool.take(0);
    private int capacity = buffer.capacity();
    private int position;
    private int finished;
    private final NameTable names = new NameTable();
    private final PointWriter writer;

    Rows(PointWriter writer) {
        this.writer = writer;
    }

    /** The buffer; its first {@link #length} bytes are finished points. */
    ByteBuffer buffer() {
        return buffer;
    }

    int length() {
        return finished;
    }

    /** What was written since the last finished point stays. */
    void finish() {
        finished = position;
        names.keep();
    }

    /** What was written since the last finished point goes. */
    void discard() {
        position = finished;
        names.forgetNew();
    }

    void clear() {
        position = 0;
        finished = 0;
        names.clear();
    }

    /** Gives the buffer back; nothing may be written any more. */
    void release() {
        ByteBuffer free = buffer;
        clear();
        buffer = null;
        capacity = 0;
        BufferPool.give(free);
    }

    /** The number of a name, which is written the first time. */
    private int name(String name) {
        int number = names.number(name);
        return number >= 0 ? number : define(name);
    }

    private int define(String name) {
        int number = names.add(name);
        reserve(4);
        buffer.putInt(position, NAME << 24 | number);
        position += 4;
        if (text(name) == HAS_SURROGATE) {
            throw writer.surrogateInName();
        }
        return number;
    }

    /** An operation without a value. */
    void word(int operation, String name) {
        int number = name(name);
        reserve(4);
        buffer.putInt(position, operation << 24 | number);
        position += 4;
    }

    void bool(String name, boolean value) {
        int number = name(name);
        reserve(5);
        buffer.putInt(position, BOOL << 24 | number);
        buffer.put(position + 4, (byte) (value ? 1 : 0));
        position += 5;
    }

    void number(int operation, String name, long value) {
        int number = name(name);
        reserve(12);
        buffer.putInt(position, operation << 24 | number);
        buffer.putLong(position + 4, value);
        position += 12;
    }

    void time(long value) {
        reserve(12);
        buffer.putInt(position, AT << 24);
        buffer.putLong(position + 4, value);
        position += 12;
    }

    void serverTime() {
        reserve(4);
        buffer.putInt(position, SERVER_TIME << 24);
        position += 4;
    }

    /** An operation with a text; what was found in it: {@link #PLAIN} or the like. */
    int text(int operation, String name, CharSequence value) {
        int number = name(name);
        reserve(4);
        buffer.putInt(position, operation << 24 | number);
        position += 4;
        return value instanceof String ? text((String) value) : text(value);
    }

    /** A text of ASCII is written eight characters at a time; the rest of any other one character by character. */
    private int text(String text) {
        int length = text.length();
        reserve(4L + length);
        ByteBuffer to = buffer;
        int start = position + 4;
        int at = 0;
        long special = 0;
        for (int end = length - 7; at < end; at += 8) {
            char c0 = text.charAt(at);
            char c1 = text.charAt(at + 1);
            char c2 = text.charAt(at + 2);
            char c3 = text.charAt(at + 3);
            char c4 = text.charAt(at + 4);
            char c5 = text.charAt(at + 5);
            char c6 = text.charAt(at + 6);
            char c7 = text.charAt(at + 7);
            if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7) >= 0x80) {
                return beyondAscii(text, length, at, special != 0);
            }
            int low = c0 | c1 << 8 | c2 << 16 | c3 << 24;
            int high = c4 | c5 << 8 | c6 << 16 | c7 << 24;
            long eight = low & 0xFFFFFFFFL | (long) high << 32;
            special |= zeroBytes(eight ^ LINE_FEEDS) | zeroBytes(eight ^ BACKSLASHES);
            to.putLong(start + at, LITTLE ? eight : Long.reverseBytes(eight));
        }
        for (; at < length; at++) {
            char c = text.charAt(at);
            if (c >= 0x80) {
                return beyondAscii(text, length, at, special != 0);
            }
            if (c == '\n' || c == '\\') {
                special = 1;
            }
            to.put(start + at, (byte) c);
        }
        to.putInt(position, length);
        position = start + length;
        return special == 0 ? PLAIN : HAS_SPECIAL;
    }

    /** Any other sequence of characters. Its length is read once, as it may change meanwhile. */
    private int text(CharSequence text) {
        int length = text.length();
        reserve(4L + length);
        return beyondAscii(text, length, 0, false);
    }

    /** A bit in each byte that is zero; bits above the lowest one may be wrong. */
    private static long zeroBytes(long value) {
        return value - ONES & ~value & TOPS;
    }

    /** Goes on with character {@code at}; those before are written, one byte each. */
    private int beyondAscii(CharSequence text, int length, int at, boolean specialBefore) {
        reserve(4L + at + 3L * (length - at));
        ByteBuffer to = buffer;
        int next = position + 4 + at;
        boolean special = specialBefore;
        for (int i = at; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                special |= c == '\n' || c == '\\';
                to.put(next++, (byte) c);
            } else if (c < 0x800) {
                to.put(next++, (byte) (0xC0 | c >> 6));
                to.put(next++, (byte) (0x80 | c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                to.put(next++, (byte) (0xE0 | c >> 12));
                to.put(next++, (byte) (0x80 | c >> 6 & 0x3F));
                to.put(next++, (byte) (0x80 | c & 0x3F));
            } else {
                i++;
                char low = i < length ? text.charAt(i) : 0;
                if (!Character.isHighSurrogate(c) || !Character.isLowSurrogate(low)) {
                    return HAS_SURROGATE;
                }
                int point = Character.toCodePoint(c, low);
                to.put(next++, (byte) (0xF0 | point >> 18));
                to.put(next++, (byte) (0x80 | point >> 12 & 0x3F));
                to.put(next++, (byte) (0x80 | point >> 6 & 0x3F));
                to.put(next++, (byte) (0x80 | point & 0x3F));
            }
        }
        to.putInt(position, next - position - 4);
        position = next;
        return special ? HAS_SPECIAL : PLAIN;
    }

    private void reserve(long more) {
        if (more > capacity - position) {
            grow(more);
        }
    }

    private void grow(long more) {
        long wanted = position + more;
        if (wanted > LARGEST) {
            throw writer.tooLarge();
        }
        ByteBuffer larger = BufferPool.take((int) Math.max(wanted, Math.min(LARGEST, 2L * capacity)));
        // All of it: a text that is being written lies behind the position.
        ByteBuffer from = buffer.duplicate();
        from.clear();
        ByteBuffer to = larger.duplicate();
        to.clear();
        to.put(from);
        BufferPool.give(buffer);
        buffer = larger;
        capacity = larger.capacity();
    }
}
