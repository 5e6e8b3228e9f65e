package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.time.Duration;
import java.util.Optional;

/** A failed attempt of a write and what went before it, as a {@link RetryPolicy} is asked about it. Immutable. */
public final class FailedAttempt {

    /** Under this number the native library waits for the answer. */
    final long question;

    private final WriteClass writeClass;
    private final String kind;
    private final Outcome outcome;
    private final Advice advice;
    private final Outcome known;
    private final ConsistencyLevel level;
    private final int attempts;
    private final int belowLevel;
    private final boolean idempotent;
    private final int endpoints;
    private final boolean justCreated;
    private final Duration elapsed;
    private final Duration remaining;
    private final double random;
    private final Duration retryAfter;
    private final String serverMessage;
    private final String serverVersion;

    FailedAttempt(FrameReader frame) {
        question = frame.i64();
        writeClass = WriteClass.of(frame.text());
        kind = frame.text();
        outcome = Outcome.of(frame.text());
        advice = Advice.of(frame.text());
        known = Outcome.of(frame.text());
        level = ConsistencyLevel.of(frame.text());
        attempts = frame.i32();
        belowLevel = frame.i32();
        idempotent = frame.bool();
        endpoints = frame.i32();
        justCreated = frame.bool();
        elapsed = frame.duration();
        remaining = frame.duration();
        random = frame.f64();
        retryAfter = frame.duration();
        serverMessage = frame.text();
        serverVersion = frame.text();
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
     * What came back, more closely than the class.
     *
     * @return a name as of {@link WriteException#kind()}
     */
    public String kind() {
        return kind;
    }

    /**
     * What this attempt alone told of the points.
     *
     * @return the outcome
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * What to do, seen from this attempt.
     *
     * @return the advice
     */
    public Advice advice() {
        return advice;
    }

    /**
     * What is known after all attempts with these points.
     *
     * @return the outcome
     */
    public Outcome known() {
        return known;
    }

    /**
     * The level that the attempt asked for.
     *
     * @return the level
     */
    public ConsistencyLevel level() {
        return level;
    }

    /**
     * How many attempts were made with these points, this one included.
     *
     * @return a number from 1
     */
    public int attempts() {
        return attempts;
    }

    /**
     * How many of them ended below the level asked for.
     *
     * @return a number of attempts
     */
    public int belowLevel() {
        return belowLevel;
    }

    /**
     * Whether every point carries a time, so that sending it again is harmless.
     *
     * @return whether the points are idempotent
     */
    public boolean isIdempotent() {
        return idempotent;
    }

    /**
     * Whether sending the points again can do no harm.
     *
     * @return whether each has a time, or none can be stored
     */
    public boolean mayResend() {
        return idempotent || known == Outcome.NOT_STORED;
    }

    /**
     * How many endpoints the client has.
     *
     * @return a number from 1
     */
    public int endpoints() {
        return endpoints;
    }

    /**
     * Whether this client created the database or the retention policy a moment ago.
     *
     * @return whether the metadata of the node may merely lag
     */
    public boolean wasJustCreated() {
        return justCreated;
    }

    /**
     * The time since the call began.
     *
     * @return a time span
     */
    public Duration elapsed() {
        return elapsed;
    }

    /**
     * The time until the deadline of the call.
     *
     * @return a time span
     */
    public Duration remaining() {
        return remaining;
    }

    /**
     * A random number for the policy's jitter, from 0 to below 1.
     *
     * @return the number
     */
    public double random() {
        return random;
    }

    /**
     * How long the server asks to wait.
     *
     * @return the time of its header {@code Retry-After}, if it sent one
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /**
     * The server's words. They may hold user data.
     *
     * @return the message, if there was one
     */
    public Optional<String> serverMessage() {
        return Optional.ofNullable(serverMessage);
    }

    /**
     * The version of the server.
     *
     * @return the version as the server spells it, if it told one
     */
    public Optional<String> serverVersion() {
        return Optional.ofNullable(serverVersion);
    }

    @Override
    public String toString() {
        return "attempt " + attempts + ": " + writeClass.id() + ", " + known.id();
    }
}
