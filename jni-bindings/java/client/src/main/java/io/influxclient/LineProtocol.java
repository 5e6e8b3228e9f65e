package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;

/**
 * Line protocol that is ready: text from a file, a queue or another program. Immutable; may be written as often as
 * wanted.
 *
 * <p>Each line is checked before it is sent, as the points of a {@link PointBatch} are, unless {@link #unchecked()}
 * leaves that to the server. Lines without a time get the client's, so that sending them again does no harm.
 */
public final class LineProtocol {

    private static final int CLIENT_TIME = 0;
    private static final int SERVER_TIME = 1;
    private static final int GIVEN_TIME = 2;
    /** What the native library takes in one call. */
    private static final int LARGEST = 512 << 20;

    private final byte[] bytes;
    private final Precision precision;
    private final int missingTime;
    private final long givenTime;
    private final boolean unchecked;

    private LineProtocol(byte[] bytes, Precision precision, int missingTime, long givenTime, boolean unchecked) {
        this.bytes = bytes;
        this.precision = precision;
        this.missingTime = missingTime;
        this.givenTime = givenTime;
        this.unchecked = unchecked;
    }

    /**
     * Lines as text.
     *
     * @param lines lines with line feeds between them
     * @return the lines
     * @throws NullPointerException if the text is null
     * @throws InvalidPointException if half of a surrogate pair is missing in the text
     * @throws IllegalArgumentException if there are more than 512 MiB
     */
    public static LineProtocol of(String lines) {
        for (int i = 0; i < lines.length(); i++) {
            char c = lines.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < lines.length()
                        && Character.isLowSurrogate(lines.charAt(i + 1));
                if (!pair) {
                    int line = (int) lines.substring(0, i)
                            .chars()
                            .filter(feed -> feed == '\n')
                            .count();
                    throw InvalidPointException.of(
                            line,
                            "UnpairedSurrogate",
                            "the line has half of a surrogate pair, which UTF-8 cannot carry: replace it");
                }
                i++;
            }
        }
        return of(lines.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Lines as bytes, which are copied.
     *
     * @param lines lines in UTF-8 with line feeds between them
     * @return the lines
     * @throws NullPointerException if the array is null
     * @throws IllegalArgumentException if there are more than 512 MiB
     */
    public static LineProtocol of(byte[] lines) {
        return of(lines, 0, lines.length);
    }

    /**
     * A part of an array, which is copied.
     *
     * @param lines lines in UTF-8 with line feeds between them
     * @param offset where they begin
     * @param length how many bytes they have
     * @return the lines
     * @throws NullPointerException if the array is null
     * @throws IndexOutOfBoundsException if the part is not within the array
     * @throws IllegalArgumentException if there are more than 512 MiB
     */
    public static LineProtocol of(byte[] lines, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, lines.length);
        if (length > LARGEST) {
            throw new IllegalArgumentException("lines for one write have 512 MiB at most, not " + length + " bytes");
        }
        byte[] copy = Arrays.copyOfRange(lines, offset, offset + length);
        return new LineProtocol(copy, Precision.NANOSECONDS, CLIENT_TIME, 0, false);
    }

    /**
     * The unit of the times in the lines.
     *
     * @param precision the unit; nanoseconds unless set
     * @return these lines with it
     * @throws NullPointerException if the precision is null
     */
    public LineProtocol precision(Precision precision) {
        return new LineProtocol(
                bytes, Objects.requireNonNull(precision, "precision"), missingTime, givenTime, unchecked);
    }

    /**
     * Lines without a time get the server's. They are then not sent again where they may be stored already.
     *
     * @return these lines with that rule
     */
    public LineProtocol serverTime() {
        return new LineProtocol(bytes, precision, SERVER_TIME, 0, unchecked);
    }

    /**
     * Lines without a time get this one.
     *
     * @param time the time in the precision of the lines, since 1970
     * @return these lines with that rule
     */
    public LineProtocol timeOfOthers(long time) {
        return new LineProtocol(bytes, precision, GIVEN_TIME, time, unchecked);
    }

    /**
     * Lines without a time get this one.
     *
     * @param time the time, rounded down to the precision of the lines, so set that first
     * @return these lines with that rule
     * @throws NullPointerException if the time is null
     * @throws ArithmeticException if the time does not fit into 64 bits of the precision
     */
    public LineProtocol timeOfOthers(Instant time) {
        return timeOfOthers(precision.count(time));
    }

    /**
     * Leaves it to the server to judge the lines: those that it refuses are told as
     * {@link WriteException#lineFailures()}.
     *
     * @return these lines, unchecked
     */
    public LineProtocol unchecked() {
        return new LineProtocol(bytes, precision, missingTime, givenTime, true);
    }

    byte[] bytes() {
        return bytes;
    }

    Precision precision() {
        return precision;
    }

    /** Whether every line has a time, or gets one here; false where that is not known. */
    boolean isIdempotent() {
        return missingTime != SERVER_TIME;
    }

    /**
     * How many points these are, by the rules of a server: blank lines and comments are none, and a line feed in a string
     * field or behind a backslash does not end the line.
     */
    long points() {
        long points = 0;
        // The first byte of the line that is no white space, or 0, which is such as well.
        byte first = 0;
        boolean escaped = false;
        boolean inFields = false;
        boolean quoted = false;
        // Equals signs minus commas behind the series key: over zero inside a field's value.
        int depth = 0;
        for (byte b : bytes) {
            if (first == 0 && b != ' ' && b != '\t' && b != '\n') {
                first = b;
            }
            if (escaped) {
                escaped = false;
            } else if (b == '\\') {
                escaped = true;
            } else if (quoted) {
                quoted = b != '"';
            } else if (b == '\n') {
                points += isPoint(first) ? 1 : 0;
                first = 0;
                inFields = false;
                depth = 0;
            } else if (b == ' ') {
                inFields = true;
            } else if (inFields) {
                depth += b == '=' ? 1 : b == ',' ? -1 : 0;
                quoted = b == '"' && depth > 0;
            }
        }
        return points + (isPoint(first) ? 1 : 0);
    }

    private static boolean isPoint(byte first) {
        return first != 0 && first != '#';
    }

    FrameWriter options(WriteOptions options) {
        FrameWriter frame = options.frame(precision).u8(missingTime);
        if (missingTime == GIVEN_TIME) {
            frame.i64(givenTime);
        }
        return frame.bool(unchecked);
    }

    /** What a writer is told of the lines that it gets. */
    int missingTime() {
        return missingTime;
    }
}
