package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** All that the native library tells of a failed write, as {@link WriteException} shows it. */
final class WriteFailure implements Serializable {

    private static final long serialVersionUID = 1L;

    final WriteClass writeClass;
    final String kind;
    final Outcome outcome;
    final Advice advice;
    final ConsistencyLevel consistency;
    /** Null if no policy lowered it. */
    final ConsistencyLevel lowered;
    /** Null where a resend was out of the question. */
    final StopReason stop;

    final int acked;
    final int required;
    final int status;
    final String requestId;
    final String serverMessage;
    final String serverVersion;
    final String endpoint;
    final String text;
    /** What lies behind a connection that failed, or null. */
    final String cause;

    final Tally tally;
    final List<LineFailure> lineFailures;
    final List<Attempt> attempts;
    final Map<String, String> details;

    WriteFailure(FrameReader frame) {
        writeClass = WriteClass.of(frame.text());
        kind = frame.text();
        outcome = Outcome.of(frame.text());
        advice = Advice.of(frame.text());
        // The advice says the same.
        frame.text();
        consistency = ConsistencyLevel.of(frame.text());
        lowered = ConsistencyLevel.of(frame.text());
        String why = frame.text();
        stop = why == null ? null : StopReason.of(why);
        acked = frame.i32();
        required = frame.i32();
        status = frame.i32();
        requestId = frame.text();
        serverMessage = frame.text();
        serverVersion = frame.text();
        endpoint = frame.text();
        text = frame.text();
        cause = frame.text();
        // The number that the server admits to: a lower bound, which the tally counts already.
        frame.u8();
        frame.i64();
        tally = new Tally(frame);
        lineFailures = frame.list(() -> new LineFailure(frame));
        attempts = frame.list(() -> new Attempt(frame));
        details = frame.map();
    }

    /** Of a call that was given up; {@code begun} says whether anything may have been sent. */
    private WriteFailure(boolean begun, WriteCall call) {
        writeClass = WriteClass.TIMEOUT;
        kind = "Interrupted";
        outcome = begun ? Outcome.UNKNOWN : Outcome.NOT_STORED;
        advice = begun && !call.idempotent ? Advice.STAMP_FIRST : Advice.RESEND;
        consistency = call.level;
        lowered = null;
        stop = null;
        acked = -1;
        required = -1;
        status = -1;
        requestId = null;
        serverMessage = null;
        serverVersion = null;
        endpoint = null;
        text = begun
                ? "the call was ended before an answer came; the points may be stored nowhere, somewhere, or later"
                : "the call was ended before any point could be stored; nothing is stored, and nothing will be";
        cause = null;
        tally = begun ? Tally.unknown(call.points.getAsLong()) : Tally.notStored(call.points.getAsLong());
        lineFailures = List.of();
        attempts = List.of();
        details = Map.of();
    }

    /** The exception of a call that was given up. */
    static WriteException interrupted(boolean begun, WriteCall call) {
        return new WriteInterruptedException(new WriteFailure(begun, call));
    }

    /** A number that may not be told. */
    static OptionalInt optional(int number) {
        return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** The exception of a write error frame. */
    static WriteException read(FrameReader frame) {
        WriteFailure failure = new WriteFailure(frame);
        // Without a default arm: the compiler's list of missing cases is what a new class shows up in.
        switch (failure.writeClass) {
            case UNREACHABLE:
                return new UnreachableException(failure);
            case TIMEOUT:
                return new WriteTimeoutException(failure);
            case BELOW_LEVEL:
                return new ConsistencyNotMetException(failure);
            case OVERLOADED:
                return new OverloadedException(failure);
            case NO_REPLICA:
                return new NoReplicaException(failure);
            case META_UNAVAILABLE:
                return new MetaUnavailableException(failure);
            case DEFERRED:
                return new HintedHandoffDeferredException(failure);
            case AUTH:
                return new AuthException(failure);
            case NOT_FOUND:
                return new NotFoundException(failure);
            case REFUSED:
                return new RefusedException(failure);
            case REJECTED:
                return new RejectedException(failure);
            case MALFORMED:
                return new MalformedException(failure);
            case TYPE_CONFLICT:
                return new FieldTypeConflictException(failure);
            case OUTSIDE_RETENTION:
                return new OutsideRetentionException(failure);
            case LIMIT:
                return new LimitException(failure);
            case OK:
        }
        throw new InternalException("the native library calls a success an error");
    }
}
