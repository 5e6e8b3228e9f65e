package io.influxclient;

/** Why a failed write was not sent again. */
public enum StopReason {
    /** The retry policy gave up: this class is not tried again, or was often enough. */
    POLICY("policy"),
    /** No time was left before the deadline of the call. */
    DEADLINE("deadline"),
    /** The client's {@link RetryBudget} was spent, by this call or others. */
    BUDGET("budget"),
    /** Points without times may be stored already, so that a resend could double them. */
    DOUBT("doubt");

    private final String id;

    StopReason(String id) {
        this.id = id;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code deadline}
     */
    public String id() {
        return id;
    }

    /** The reason with this name, as the native library spells it. */
    static StopReason of(String id) {
        for (StopReason value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a reason that this version does not: " + id);
    }
}
