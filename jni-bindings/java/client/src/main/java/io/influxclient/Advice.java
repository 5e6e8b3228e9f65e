package io.influxclient;

/**
 * What to do after a write. An advice is a value, not only words: {@link #resend()} says whether the same points may be
 * sent again.
 */
public enum Advice {
    /** Nothing is to be done. */
    NOTHING("nothing", Resend.NO),
    /** Try another endpoint at once; back off when all of them fail. */
    OTHER_ENDPOINT("other-endpoint", Resend.YES),
    /** Send the points again after a pause. They may already be stored, which does no harm when each has a time. */
    RESEND("resend", Resend.YES),
    /** Send again seldom and a limited number of times: hinted handoff is at work on it. */
    RESEND_RARELY("resend-rarely", Resend.YES),
    /** Back off, then prefer another endpoint. */
    BACK_OFF("back-off", Resend.YES),
    /** Back off for long: the server is under pressure, and a quick resend adds to it. */
    LONG_BACK_OFF("long-back-off", Resend.YES),
    /** Back off until the meta nodes have a leader again. */
    BACK_OFF_FOR_META("back-off-for-meta", Resend.YES),
    /** Call the operator: the node has no meta servers. */
    CALL_OPERATOR("call-operator", Resend.NO),
    /** Wait. The points are queued in the cluster, and a resend only makes the queue longer. */
    WAIT("wait", Resend.WAIT),
    /** Give the points times before sending them again, or read back first: a resend may store them twice. */
    STAMP_FIRST("stamp-first", Resend.AFTER_STAMP),
    /** Correct the credentials or the privileges. */
    FIX_CREDENTIALS("fix-credentials", Resend.NO),
    /** Create the database or the retention policy. */
    CREATE("create", Resend.NO),
    /** Correct the call or the address. */
    FIX_CALL("fix-call", Resend.NO),
    /** Correct the local file, directory or disk. */
    FIX_LOCAL("fix-local", Resend.NO),
    /** Correct the points which were refused. */
    FIX_POINTS("fix-points", Resend.NO),
    /** Drop the points which are too old, or write them to a retention policy that keeps them. */
    DROP_POINTS("drop-points", Resend.NO),
    /** Raise the limit, or send smaller points. */
    RAISE_LIMIT("raise-limit", Resend.NO);

    private final String id;
    private final Resend resend;

    Advice(String id, Resend resend) {
        this.id = id;
        this.resend = resend;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code back-off}
     */
    public String id() {
        return id;
    }

    /**
     * Whether the same points may be sent again without changing anything.
     *
     * @return the answer; {@link Resend#YES} takes for granted that every point has a time, or that nothing is stored
     */
    public Resend resend() {
        return resend;
    }

    /** The advice with this name, as the native library spells it. */
    static Advice of(String id) {
        for (Advice value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows an advice that this version does not: " + id);
    }
}
