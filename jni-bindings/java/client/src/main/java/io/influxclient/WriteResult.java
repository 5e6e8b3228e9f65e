package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The server acknowledged every point at {@link #level()}, which is the level asked for unless a policy lowered it.
 *
 * <p>An acknowledgement is worth what the server's word is worth: see {@link #caveats()}. How many replicas
 * acknowledged is not on the wire, so it is not claimed either way. Immutable.
 */
public final class WriteResult {

    private final long points;
    private final ConsistencyLevel asked;
    private final ConsistencyLevel level;
    private final String endpoint;
    private final int status;
    private final String requestId;
    private final String serverVersion;
    private final List<Attempt> attempts;
    private final List<Caveat> caveats;

    WriteResult(FrameReader frame) {
        points = frame.i64();
        asked = ConsistencyLevel.of(frame.text());
        level = ConsistencyLevel.of(frame.text());
        endpoint = frame.text();
        status = frame.i32();
        requestId = frame.text();
        serverVersion = frame.text();
        attempts = frame.list(() -> new Attempt(frame));
        caveats = frame.list(() -> new Caveat(frame));
    }

    /**
     * How many points were acknowledged.
     *
     * @return a number of points; 0 for an empty batch, which is not sent
     */
    public long points() {
        return points;
    }

    /**
     * The level that was asked for.
     *
     * @return the level
     */
    public ConsistencyLevel asked() {
        return asked;
    }

    /**
     * The level that every point was acknowledged at.
     *
     * @return the level asked for, unless a policy such as {@link RetryPolicies#downgradeTo} settled for less
     */
    public ConsistencyLevel level() {
        return level;
    }

    /**
     * The coordinator that acknowledged.
     *
     * @return its address without user and password; empty for an empty batch
     */
    public Optional<String> endpoint() {
        return Optional.ofNullable(endpoint);
    }

    /**
     * The HTTP status of the last reply.
     *
     * @return 204; empty for an empty batch
     */
    public OptionalInt status() {
        return WriteFailure.optional(status);
    }

    /**
     * The id under which the server logged the last request.
     *
     * @return the id, if the server told it
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }

    /**
     * The version of the server that acknowledged last.
     *
     * @return the version as the server spells it, if it told one
     */
    public Optional<String> serverVersion() {
        return Optional.ofNullable(serverVersion);
    }

    /**
     * Every request of the call, in order.
     *
     * @return a list that cannot be changed; empty for an empty batch
     */
    public List<Attempt> attempts() {
        return attempts;
    }

    /**
     * Every known reason why this acknowledgement is worth less than it says, the most important first.
     *
     * @return a list that cannot be changed
     */
    public List<Caveat> caveats() {
        return caveats;
    }

    @Override
    public String toString() {
        return points + " points acknowledged at level " + level.wireName()
                + (endpoint == null ? "" : " by " + endpoint);
    }
}
