package io.influxclient.junit;

/**
 * Where an answer is cut off. One without a body is cut before its head wherever it was to be cut: its head alone would
 * be all of it.
 */
public enum ReplyCut {
    /** Before its first byte; the connection is closed. */
    BEFORE_HEAD("before"),
    /** After status and headers, which announce a body; the connection is closed. */
    AFTER_HEAD("head"),
    /** In the middle of the body; the connection is closed. */
    MID_BODY("body"),
    /** Never sent, and the connection stays open until the heal. */
    NEVER("never");

    private final String word;

    ReplyCut(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
