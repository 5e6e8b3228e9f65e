package io.influxclient;

import io.influxclient.internal.FrameReader;

/**
 * Points that a {@link BatchWriter} did not accept. {@link #outcome()} tells whether that is certain: it is, except
 * where a push was interrupted while a spool kept the points.
 */
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
        /** The writer was closed, or its client was, which closes it. */
        CLOSED,
        /** A writer with a spool takes points with a time only, as it may have to send them twice. */
        UNTIMED,
        /** A writer with a spool has to wait for the disk, so it cannot accept points without waiting. */
        WOULD_WAIT,
        /** The spool did not keep the points. */
        SPOOL,
        /** Another reason: see the message. */
        OTHER,
        /**
         * The thread was interrupted, or the client closed, before the points were accepted: while it waited for room or,
         * with a spool, for the disk. In the latter case they may be accepted all the same ({@link #outcome()}).
         */
        INTERRUPTED
    }

    /** Kinds in a frame before the reasons. */
    private static final int POINTS = 0;

    private static final int ROWS = 1;

    private final Reason reason;
    private final Outcome outcome;

    PushException(Reason reason, String message) {
        this(reason, Outcome.NOT_STORED, message);
    }

    private PushException(Reason reason, Outcome outcome, String message) {
        super(message);
        this.reason = reason;
        this.outcome = outcome;
    }

    /** Of a push that was given up; {@code begun} says whether the points may be accepted all the same. */
    static PushException interrupted(boolean begun) {
        return begun
                ? new PushException(
                        Reason.INTERRUPTED,
                        Outcome.UNKNOWN,
                        "interrupted while the spool was to keep the points; they may be kept and sent, or not")
                : new PushException(
                        Reason.INTERRUPTED,
                        "interrupted before the points were accepted; nothing of them will be sent");
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

    /**
     * What is known of the points.
     *
     * @return {@link Outcome#NOT_STORED}: nothing of them will be sent. Or, only with a spool and {@link
     *     Reason#INTERRUPTED}, {@link Outcome#UNKNOWN}: they may be kept, and then are sent as if accepted. As such points
     *     have times, it does no harm to push them again
     */
    public Outcome outcome() {
        return outcome;
    }
}
