package io.influxclient;

/** Which of several working endpoints a write goes to. */
public enum Balance {
    /** The one of two random endpoints with fewer requests under way. */
    LEAST_BUSY("least-busy"),
    /**
     * The same one for the same series, as long as it works: that of the batch's first point counts. Writes of one
     * series then meet in one coordinator, and with it in one hinted handoff queue, which keeps their order for an
     * owner that is away.
     */
    STICKY("sticky");

    private final String id;

    Balance(String id) {
        this.id = id;
    }

    /** The name in a frame. */
    String id() {
        return id;
    }
}
