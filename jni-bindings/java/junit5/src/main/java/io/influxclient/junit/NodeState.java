package io.influxclient.junit;

import java.util.Locale;

/** Whether a node runs. */
public enum NodeState {
    /** It runs, or is starting. */
    RUNNING,
    /** It stands still: its sockets are open and nothing answers. */
    PAUSED,
    /** It was killed. */
    DEAD;

    static NodeState of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
