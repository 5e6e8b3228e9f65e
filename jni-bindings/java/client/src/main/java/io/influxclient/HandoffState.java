package io.influxclient;

/** Whether hints for points may be waiting in queues of hinted handoff. */
public enum HandoffState {
    /**
     * No data node has a hint for the replicas that miss points. Nothing arrives by itself, unless a write is still
     * under way.
     */
    EMPTY("empty"),
    /** A data node has hints for a replica that misses points: wait and ask again. */
    PENDING("pending"),
    /** Not every data node tells. */
    UNKNOWN("unknown");

    private final String id;

    HandoffState(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code empty}
     */
    public String id() {
        return id;
    }

    /** The value with this name, as the native library spells it. */
    static HandoffState of(String id) {
        for (HandoffState value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a name that this version does not: " + id);
    }
}
