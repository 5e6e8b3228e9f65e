package io.influxclient;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A write that was not acknowledged for every point.
 *
 * <p>It says what happened ({@link #writeClass()}, and the subclass), what is known of the points ({@link #outcome()},
 * {@link #tally()}, {@link #lineFailures()}) and what to do ({@link #advice()}). Each class has exactly one subclass,
 * and nobody else can make one; {@link WriteInterruptedException} is there for calls that were given up. Nothing of it
 * has to be read from the message.
 */
public abstract class WriteException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final WriteFailure failure;

    WriteException(WriteFailure failure) {
        super(failure.text, failure.cause == null ? null : new IOException(failure.cause));
        this.failure = failure;
    }

    /**
     * The class of what went wrong: what to decide by.
     *
     * @return the class of this exception's subclass
     */
    public WriteClass writeClass() {
        return failure.writeClass;
    }

    /**
     * What went wrong, more closely than the class.
     *
     * @return a name such as {@code ServerTimeout}, {@code AttemptTimeout} or {@code Disconnected}
     */
    public String kind() {
        return failure.kind;
    }

    /**
     * What is known about the points after all attempts.
     *
     * @return a claim that is never stronger than what is known
     */
    public Outcome outcome() {
        return failure.outcome;
    }

    /**
     * What to do.
     *
     * @return the advice
     */
    public Advice advice() {
        return failure.advice;
    }

    /**
     * The consistency level that was asked for.
     *
     * @return the level
     */
    public ConsistencyLevel consistency() {
        return failure.consistency;
    }

    /**
     * The weaker level that a policy asked for in the end. Points that the tally counts as stored were acknowledged at
     * this level or a stronger one.
     *
     * @return the level, if a policy lowered it
     */
    public Optional<ConsistencyLevel> loweredTo() {
        return Optional.ofNullable(failure.lowered);
    }

    /**
     * How many replicas acknowledged.
     *
     * @return the number, if the wire tells it: no 1.x server does
     */
    public OptionalInt acked() {
        return WriteFailure.optional(failure.acked);
    }

    /**
     * How many replicas had to acknowledge.
     *
     * @return the number, if the wire tells it: no 1.x server does
     */
    public OptionalInt required() {
        return WriteFailure.optional(failure.required);
    }

    /**
     * Why the points were not sent again.
     *
     * @return the reason; empty where a resend was out of the question, because the points were refused
     */
    public Optional<StopReason> stopReason() {
        return Optional.ofNullable(failure.stop);
    }

    /**
     * The points that were refused for good.
     *
     * @return a list that cannot be changed
     */
    public List<LineFailure> lineFailures() {
        return failure.lineFailures;
    }

    /**
     * Every request of the call, in order.
     *
     * @return a list that cannot be changed
     */
    public List<Attempt> attempts() {
        return failure.attempts;
    }

    /**
     * The endpoint of the last request.
     *
     * @return an address without user and password
     */
    public Optional<String> endpoint() {
        return Optional.ofNullable(failure.endpoint);
    }

    /**
     * The HTTP status of the last reply.
     *
     * @return the status, if there was a reply
     */
    public OptionalInt status() {
        return WriteFailure.optional(failure.status);
    }

    /**
     * The id under which the server logged the last request.
     *
     * @return the id, if the server told it
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(failure.requestId);
    }

    /**
     * The server's message from which the class was read. It may hold user data.
     *
     * @return the message, if there was one
     */
    public Optional<String> serverMessage() {
        return Optional.ofNullable(failure.serverMessage);
    }

    /**
     * The version of the server that answered last.
     *
     * @return the version as the server spells it, if it told one
     */
    public Optional<String> serverVersion() {
        return Optional.ofNullable(failure.serverVersion);
    }

    /**
     * How many points ended how.
     *
     * @return numbers that add up to the points of the batch
     */
    public Tally tally() {
        return failure.tally;
    }

    /**
     * What the server told besides, by name: for instance {@code name} of a database that is not there, or
     * {@code cause} and {@code limit} of an overload. What it did not tell is not there.
     *
     * @return a map that cannot be changed
     */
    public Map<String, String> details() {
        return failure.details;
    }
}
