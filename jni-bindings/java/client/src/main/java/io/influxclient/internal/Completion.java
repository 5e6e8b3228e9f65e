package io.influxclient.internal;

/** The kinds of completions. */
public final class Completion {

    /** A write was acknowledged. */
    public static final int ACK = 1;
    /** A write failed. */
    public static final int WRITE_ERROR = 2;
    /** Points were refused before anything was sent. */
    public static final int POINTS_REFUSED = 3;
    /** The rows cannot be read. */
    public static final int ROWS_ERROR = 4;
    /** The call was cancelled. */
    public static final int CANCELLED = 5;
    /** A panic of the native side. */
    public static final int INTERNAL = 6;
    /** A question to a retry policy. */
    public static final int QUESTION = 7;
    /** A query was answered. */
    public static final int QUERY_RESPONSE = 10;
    /** A query failed. */
    public static final int QUERY_ERROR = 11;
    /** Rows of a stream. */
    public static final int QUERY_CHUNK = 12;
    /** A stream is over. */
    public static final int END = 13;
    /** A request was answered. */
    public static final int ANSWER = 20;
    /** A piece of an answer. */
    public static final int BODY = 21;
    /** A request failed. */
    public static final int REQUEST_ERROR = 22;
    /** What the servers said to a ping. */
    public static final int PONGS = 23;
    /** Where points are. */
    public static final int RESOLUTION = 24;
    /** A push was accepted. */
    public static final int PUSHED = 30;
    /** A push was refused. */
    public static final int PUSH_ERROR = 31;
    /** What became of a push. */
    public static final int DELIVERED = 32;
    /** A flush is done. */
    public static final int FLUSHED = 33;
    /** What became of a batch of a writer. */
    public static final int REPORT = 34;
    /** A writer is closed. */
    public static final int WRITER_CLOSED = 35;

    private Completion() {}
}
