package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.io.Serializable;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A point that the server refused for good. Immutable. */
public final class LineFailure implements Serializable {

    private static final long serialVersionUID = 1L;

    private final int index;
    private final String line;
    private final String reason;
    private final WriteClass writeClass;
    private final String text;
    private final Map<String, String> details;

    LineFailure(FrameReader frame) {
        index = frame.i32();
        line = frame.text();
        reason = frame.text();
        writeClass = WriteClass.of(frame.text());
        text = frame.text();
        details = frame.map();
    }

    /**
     * The index of the point in its batch.
     *
     * @return a number from 0; empty where the server refused points without saying which and the client could not find
     *     out
     */
    public OptionalInt index() {
        return WriteFailure.optional(index);
    }

    /**
     * The point as it was sent, in line protocol. It is user data.
     *
     * @return its first 1,024 bytes, where the point is known
     */
    public Optional<String> line() {
        return Optional.ofNullable(line);
    }

    /**
     * The name of the reason.
     *
     * @return a name such as {@code FieldTypeConflict}, {@code BeyondRetention} or {@code Unparsable}
     */
    public String reason() {
        return reason;
    }

    /**
     * The class of a call whose points are all refused for this reason.
     *
     * @return a class that is about data
     */
    public WriteClass writeClass() {
        return writeClass;
    }

    /**
     * The reason in words, with the names that the server told.
     *
     * @return one clause
     */
    public String text() {
        return text;
    }

    /**
     * What the server told besides, by name: for a type conflict {@code measurement}, {@code field}, {@code input} and
     * {@code existing}; for a limit {@code tag}, {@code value} and {@code limit}. What it did not tell is not there.
     *
     * @return a map that cannot be changed
     */
    public Map<String, String> details() {
        return details;
    }

    @Override
    public String toString() {
        return index < 0 ? text : "point " + index + ": " + text;
    }
}
