package io.influxclient.junit;

import java.util.Locale;

/** A part of a node's disk. */
public enum Disk {
    /** The shards of a data node: writes to its own replica fail. */
    SHARDS,
    /** The hinted handoff queues of a data node: nothing can be queued. */
    HANDOFF,
    /** The Raft log of a meta node: it acknowledges nothing while the disk is full, and goes on when it is not. */
    RAFT;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
