package io.influxclient;

/** What a client knows of the health of an endpoint. */
public enum EndpointState {
    /** It answered last time, or was never asked. */
    UP("up"),
    /** It failed last time; others are preferred until it answers again. */
    SUSPECT("suspect"),
    /** It failed several times in a row; it is asked only where no other is left. */
    DOWN("down");

    private final String id;

    EndpointState(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code up}
     */
    public String id() {
        return id;
    }

    /** The value with this name, as the native library spells it. */
    static EndpointState of(String id) {
        for (EndpointState value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a name that this version does not: " + id);
    }
}
