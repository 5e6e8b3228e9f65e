package io.influxclient.junit;

import java.util.Locale;

/** What a node of a cluster does. */
public enum NodeRole {
    /** Keeps the metadata: databases, retention policies, shard groups, nodes. */
    META,
    /** Keeps shards, and has the public API. */
    DATA,
    /** Both. */
    BOTH;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static NodeRole of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
