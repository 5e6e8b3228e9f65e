package io.influxclient;

/** Where a point is, as far as its replicas could be asked. */
public enum Whereabouts {
    /** Every replica answered, and every one has it. */
    EVERYWHERE("everywhere"),
    /** At least one replica has it. The others do not have it at the moment, or could not be asked. */
    SOMEWHERE("somewhere"),
    /** Every replica answered, and none has it at the moment. It may still arrive: see {@link Resolution#handoff()}. */
    NOWHERE("nowhere"),
    /**
     * At least one replica has something else in its place: another value for one of its fields, or only some of them.
     */
    OVERWRITTEN("overwritten"),
    /** Not known: no replica is known to have it, and not all could be asked. */
    UNKNOWN("unknown");

    private final String id;

    Whereabouts(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code everywhere}
     */
    public String id() {
        return id;
    }

    /** The value with this name, as the native library spells it. */
    static Whereabouts of(String id) {
        for (Whereabouts value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a name that this version does not: " + id);
    }
}
