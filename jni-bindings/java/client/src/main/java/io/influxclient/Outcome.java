package io.influxclient;

/** What is known about the points of a write. A claim made here is never false; where nothing is known, it says so. */
public enum Outcome {
    /** The server acknowledged the points at the level asked for. What that is worth depends on the server: see
     * {@link WriteResult#caveats()}. */
    STORED("stored"),
    /** No replica has any of the points, and none will. */
    NOT_STORED("not-stored"),
    /**
     * The named points were refused for good; the others may be stored. Sending those again settles it, and is safe if
     * they carry times.
     */
    PARTLY_STORED("partly-stored"),
    /** For at least one shard of the batch some replica acknowledged, but fewer than the level asks. Other shards are
     * unknown. The rest normally arrives by hinted handoff; points of a conflicting type may be nowhere. */
    BELOW_LEVEL("below-level"),
    /**
     * Accepted into a hinted handoff queue: the points will arrive unless the queue is lost. Do not send them again. As
     * the server's answer is about one shard, of points of several shards this is known of those of one.
     */
    DEFERRED("deferred"),
    /** The points may be stored nowhere, somewhere, or later. */
    UNKNOWN("unknown");

    private final String id;

    Outcome(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code not-stored}
     */
    public String id() {
        return id;
    }

    /** The outcome with this name, as the native library spells it. */
    static Outcome of(String id) {
        for (Outcome value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows an outcome that this version does not: " + id);
    }
}
