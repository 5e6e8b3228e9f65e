package io.influxclient;

import io.influxclient.internal.FrameReader;

/** Points that a {@link BatchWriter} did not accept. Nothing of them will be sent. */
public final class PushException extends InfluxException {

    private static final long serialVersionUID = 1L;

    /** Why they were not accepted. */
    public enum Reason {
        /** The writer has no room, and was not to wait for it. */
        FULL,
        /** What was pushed in one call is larger than all the writer's memory. */
        TOO_LARGE,
        /** No points were pushed in a call that was to be followed. */
        NO_POINTS,
        /** The writer was closed. */
        CLOSED,
        /** A writer with a spool takes points with a time only, as it may have to send them twice. */
        UNTIMED,
        /** A writer with a spool has to wait for the disk, so it cannot accept points without waiting. */
        WOULD_WAIT,
        /** The spool did not keep the points. */
        SPOOL,
        /** Another reason: see the message. */
        OTHER,
        /** The thread was interrupted, or the client closed, while it waited for room. */
        INTERRUPTED
    }

    /** Kinds in a frame before the reasons. */
    private static final int POINTS = 0;

    private static final int ROWS = 1;

    private final Reason reason;

    PushException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The exception of a push error frame. */
    static InfluxException read(FrameReader frame) {
        int kind = frame.u8();
        switch (kind) {
            case POINTS:
                return InvalidPointException.read(frame);
            case ROWS:
                return new InternalException("the rows cannot be read at byte " + frame.i64() + ": " + frame.text());
            default:
                return new PushException(Reason.values()[kind - 2], frame.text());
        }
    }

    /**
     * Why the points were not accepted.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }
}
