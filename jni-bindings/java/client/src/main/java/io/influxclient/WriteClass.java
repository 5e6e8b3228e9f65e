package io.influxclient;

/**
 * The class of what came of a request: what a program decides by. Each class but {@link #OK} has a
 * {@link WriteException} of its own. {@code influx-cli} ends with the same numbers as exit codes: from 10 on try again
 * ({@link #DEFERRED}: wait), from 20 on fix the set-up, from 30 on fix the data.
 */
public enum WriteClass {
    /** The server acknowledged the write at the level asked for. */
    OK("ok", 0),
    /** No byte of the points left this machine, or the server could not read them. See {@link UnreachableException}. */
    UNREACHABLE("unreachable", 10),
    /** No verdict came in time, or it was lost on the way back. See {@link WriteTimeoutException}. */
    TIMEOUT("timeout", 11),
    /** Some replica acknowledged, but fewer than the consistency level asks. See {@link ConsistencyNotMetException}. */
    BELOW_LEVEL("below-level", 12),
    /** A server, a queue or a disk had no room. See {@link OverloadedException}. */
    OVERLOADED("overloaded", 13),
    /** No replica of a shard acknowledged. See {@link NoReplicaException}. */
    NO_REPLICA("no-replica", 14),
    /**
     * The batch needs a new shard group, and the meta nodes could not make it. See {@link MetaUnavailableException}.
     */
    META_UNAVAILABLE("meta-unavailable", 15),
    /**
     * The points were accepted into a hinted handoff queue behind earlier points. See
     * {@link HintedHandoffDeferredException}.
     */
    DEFERRED("deferred", 16),
    /** The credentials are missing or wrong, or the user may not write there. See {@link AuthException}. */
    AUTH("auth", 20),
    /** The node does not know the database or the retention policy. See {@link NotFoundException}. */
    NOT_FOUND("not-found", 21),
    /** The call was refused, or the answer is not one that this client knows. See {@link RefusedException}. */
    REFUSED("refused", 22),
    /** Points were refused for a reason of their own, or for several reasons. See {@link RejectedException}. */
    REJECTED("rejected", 30),
    /** Lines are not line protocol. See {@link MalformedException}. */
    MALFORMED("malformed", 31),
    /** A field was written with another type than it has. See {@link FieldTypeConflictException}. */
    TYPE_CONFLICT("type-conflict", 32),
    /** Points are older than the retention policy keeps. See {@link OutsideRetentionException}. */
    OUTSIDE_RETENTION("outside-retention", 33),
    /** A limit of the server was reached: series, tag values or size. See {@link LimitException}. */
    LIMIT("limit", 34);

    private final String id;
    private final int code;

    WriteClass(String id, int code) {
        this.id = id;
        this.code = code;
    }

    /**
     * The stable name, as in machine-readable output of {@code influx-cli}.
     *
     * @return the name, such as {@code below-level}
     */
    public String id() {
        return id;
    }

    /**
     * The number, which is the exit code of {@code influx-cli}.
     *
     * @return a number from 0 to 34
     */
    public int code() {
        return code;
    }

    /**
     * Whether the class says that points themselves are at fault.
     *
     * @return whether {@link #code()} is 30 or more
     */
    public boolean isAboutData() {
        return code >= 30;
    }

    /** The class with this name, as the native library spells it. */
    static WriteClass of(String id) {
        for (WriteClass value : values()) {
            if (value.id.equals(id)) {
                return value;
            }
        }
        throw new InternalException("the native library knows a class that this version does not: " + id);
    }
}
