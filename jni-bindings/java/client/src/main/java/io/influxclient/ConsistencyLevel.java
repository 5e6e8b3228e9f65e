package io.influxclient;

import java.util.Locale;

/**
 * How many replicas have to acknowledge a write before the server does, from the weakest to the strongest. A level is
 * asked per shard: the coordinator writes to every owner of a shard and only waits for as many acknowledgements as the
 * level names. A single node ignores it.
 */
public enum ConsistencyLevel {
    /** One acknowledgement, for which a hint in a hinted handoff queue is enough. */
    ANY,
    /** One replica. */
    ONE,
    /** More than half of the replicas. */
    QUORUM,
    /** Every replica. */
    ALL;

    /**
     * The word that stands in a request, such as {@code quorum}.
     *
     * @return the name in lower case
     */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The level with this name in a frame, or null for none. */
    static ConsistencyLevel of(String wireName) {
        return wireName == null ? null : valueOf(wireName.toUpperCase(Locale.ROOT));
    }

    /** The word in a frame, or null for none. */
    static String wireName(ConsistencyLevel level) {
        return level == null ? null : level.wireName();
    }
}
