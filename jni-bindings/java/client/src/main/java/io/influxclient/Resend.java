package io.influxclient;

/** Whether the same points may be sent again. */
public enum Resend {
    /** They may. */
    YES("yes"),
    /** They may not, or it would be of no use: something must be changed first. */
    NO("no"),
    /** Not now: the cluster already has them and delivers them itself. */
    WAIT("wait"),
    /** Only once every point carries a time, or else points may be stored twice. */
    AFTER_STAMP("after-stamp");

    private final String id;

    Resend(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code yes}
     */
    public String id() {
        return id;
    }

    /** The answer with this name, as the native library spells it. */
    static Resend of(String id) {
        for (Resend value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows an answer that this version does not: " + id);
    }
}
