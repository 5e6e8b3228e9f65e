package io.influxclient;

import java.util.Locale;

/** How many replicas have to acknowledge a write before the server does. A single node ignores it. */
public enum ConsistencyLevel {
    /** A hint in a hinted handoff queue is enough. */
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
}
