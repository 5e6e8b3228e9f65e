package io.influxclient;

/** What happens to points for which a {@link BatchWriter} has no memory. */
public enum Overflow {
    /** {@link BatchWriter#push} waits until there is room; {@link BatchWriter#tryPush} refuses. */
    WAIT,
    /** {@link BatchWriter#push} refuses as well. */
    FAIL,
    /** The oldest batches that were not sent yet are dropped. Each is reported, with its points. */
    DROP_OLDEST
}
