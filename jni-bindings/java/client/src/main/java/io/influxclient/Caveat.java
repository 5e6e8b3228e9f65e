package io.influxclient;

import io.influxclient.internal.FrameReader;

/** A reason why an acknowledgement may be worth less than it says. Immutable. */
public final class Caveat {

    /**
     * The id of versions 0.9 and 0.10: a write that created a shard group may be kept by fewer replicas than
     * acknowledged.
     */
    public static final String NEW_SHARD_GROUP = "new-shard-group";
    /** The id of a server that is no cluster: the consistency level had no effect. */
    public static final String NO_CLUSTER = "no-cluster";
    /** The id of an acknowledgement at level {@code any}: the points may only be queued in hinted handoff so far. */
    public static final String MAYBE_QUEUED = "maybe-queued";

    private final String id;
    private final String text;

    Caveat(FrameReader frame) {
        id = frame.text();
        text = frame.text();
    }

    /**
     * The stable name.
     *
     * @return one of the constants of this class, or another one of a later version
     */
    public String id() {
        return id;
    }

    /**
     * The reason in words.
     *
     * @return one clause without a full stop
     */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
