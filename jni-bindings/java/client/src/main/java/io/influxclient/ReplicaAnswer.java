package io.influxclient;

/** What one replica answered about one point. */
public enum ReplicaAnswer {
    /** It has the point as it was sent. */
    STORED("stored"),
    /** It does not have it at the moment. */
    ABSENT("absent"),
    /** It has something else in its place. */
    OVERWRITTEN("overwritten"),
    /** It could not be asked, or its answer proves nothing. */
    UNKNOWN("unknown");

    private final String id;

    ReplicaAnswer(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code stored}
     */
    public String id() {
        return id;
    }

    /** The value with this name, as the native library spells it. */
    static ReplicaAnswer of(String id) {
        for (ReplicaAnswer value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a name that this version does not: " + id);
    }
}
