package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.io.Serializable;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** One request of a write. Immutable. */
public final class Attempt implements Serializable {

    private static final long serialVersionUID = 1L;

    private final String endpoint;
    private final Duration started;
    private final Duration elapsed;
    private final long points;
    private final long bytesSent;
    private final int status;
    private final WriteClass writeClass;
    private final Outcome outcome;
    private final String serverMessage;
    private final String requestId;

    Attempt(FrameReader frame) {
        endpoint = frame.text();
        started = frame.duration();
        elapsed = frame.duration();
        points = frame.i64();
        bytesSent = frame.i64();
        status = frame.i32();
        writeClass = WriteClass.of(frame.text());
        outcome = Outcome.of(frame.text());
        serverMessage = frame.text();
        requestId = frame.text();
    }

    /**
     * Whom it was sent to.
     *
     * @return an address without user and password
     */
    public String endpoint() {
        return endpoint;
    }

    /**
     * When it began.
     *
     * @return the time since the call began
     */
    public Duration started() {
        return started;
    }

    /**
     * How long it took.
     *
     * @return a time span
     */
    public Duration elapsed() {
        return elapsed;
    }

    /**
     * How many points it held.
     *
     * @return a number of points
     */
    public long points() {
        return points;
    }

    /**
     * How much of its body was taken to be sent; 0 means that nothing was.
     *
     * @return a number of bytes
     */
    public long bytesSent() {
        return bytesSent;
    }

    /**
     * The HTTP status of the answer.
     *
     * @return the status, if there was an answer
     */
    public OptionalInt status() {
        return WriteFailure.optional(status);
    }

    /**
     * The class of what came back.
     *
     * @return the class
     */
    public WriteClass writeClass() {
        return writeClass;
    }

    /**
     * What it told of its points.
     *
     * @return the outcome of this request alone
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * The server's words. They may hold user data.
     *
     * @return the message, cut after 64 KiB
     */
    public Optional<String> serverMessage() {
        return Optional.ofNullable(serverMessage);
    }

    /**
     * The id under which the server logged the request.
     *
     * @return the id, if the server told it
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }

    @Override
    public String toString() {
        return endpoint + " at " + started.toMillis() + " ms: " + writeClass.id()
                + (status < 0 ? "" : " (status " + status + ")");
    }
}
