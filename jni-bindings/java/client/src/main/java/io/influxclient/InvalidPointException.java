package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.io.Serializable;
import java.util.List;

/**
 * Points that no server could store, or not as they read. Nothing was sent.
 *
 * <p>Thrown by a method of {@link PointWriter}, it is about the point that is being written: the batch then holds what
 * it held before that point. Thrown by a write, it names every such point of the batch, which is as it was. The texts
 * show names of measurements, tags and fields, and never a value.
 */
public final class InvalidPointException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final long count;
    private final List<InvalidPoint> points;

    private InvalidPointException(long count, List<InvalidPoint> points, String message) {
        super(message);
        this.count = count;
        this.points = points;
    }

    static InvalidPointException of(int index, String kind, String text) {
        return new InvalidPointException(
                1, List.of(new InvalidPoint(index, kind, text)), "point at index " + index + ": " + text);
    }

    static InvalidPointException read(FrameReader frame) {
        int count = frame.i32();
        List<InvalidPoint> points = frame.list(() -> new InvalidPoint(frame.i32(), frame.text(), frame.text()));
        String first = points.isEmpty() ? "no point is named" : points.get(0).text();
        return new InvalidPointException(
                count,
                points,
                count == 1 ? first : first + " (and " + (count - 1L) + " more points); nothing was sent");
    }

    /**
     * How many points there are.
     *
     * @return a number from 1
     */
    public long count() {
        return count;
    }

    /**
     * The points, the first 1,000 of them.
     *
     * @return a list that cannot be changed
     */
    public List<InvalidPoint> points() {
        return points;
    }

    /** One such point. */
    public static final class InvalidPoint implements Serializable {

        private static final long serialVersionUID = 1L;

        private final int index;
        private final String kind;
        private final String text;

        InvalidPoint(int index, String kind, String text) {
            this.index = index;
            this.kind = kind;
            this.text = text;
        }

        /**
         * The index of the point in its batch. In line protocol, blank lines and comments are no points.
         *
         * @return a number from 0
         */
        public int index() {
            return index;
        }

        /**
         * What is wrong with it.
         *
         * @return a name such as {@code LineFeed}, {@code NotFinite}, {@code TypeFlip} or {@code UnpairedSurrogate}
         */
        public String kind() {
            return kind;
        }

        /**
         * The same in words, and what to do.
         *
         * @return one sentence
         */
        public String text() {
            return text;
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
