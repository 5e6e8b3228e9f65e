package org.influxdb.impl;

import io.influxclient.WriteException;
import io.influxclient.internal.Access;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import io.influxclient.internal.NativeClient;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Map;

/** What a reply to a write means that came another way than through the native client, which reads it all the same. */
final class Replies {

    private static final String NOT_TOLD = null;
    private static final long NO_NUMBER = -1;

    private Replies() {}

    /**
     * The exception of a reply. One whose status says success is no reply of this server: it stands for nothing.
     *
     * @param open whether the points were sent before, too, and nobody knows what came of that
     */
    static WriteException classify(Transport.Exchange reply, SmallBody body, LineWrite write, boolean open) {
        byte[] question = new FrameWriter()
                .i32(reply.status())
                .bytes(body.bytes)
                .bool(body.complete)
                .text(reply.header("X-Influxdb-Error"))
                .text(reply.header("X-Influxdb-Version"))
                .text(reply.header("X-Influxdb-Build"))
                .text(reply.header("Retry-After"))
                .text(reply.header("Date"))
                .text(write.level.value())
                .i32(write.points())
                .bool(write.everyPointHasTime())
                .toBytes();
        Verdict verdict = new Verdict(new FrameReader(NativeClient.classify(question)));
        String id = reply.header("X-Request-Id") == null ? reply.header("Request-Id") : reply.header("X-Request-Id");
        return (open ? verdict.afterUnknown(write) : verdict).exception(write, reply.status(), id);
    }

    /**
     * The exception where no reply came. That nothing was sent is said only where nobody asked for the body; else all
     * is open: what was taken may wait in a buffer, or may long be stored.
     */
    static WriteException none(IOException failure, boolean mayBeSent, LineWrite write) {
        boolean timeout = failure instanceof InterruptedIOException;
        String outcome = mayBeSent ? "unknown" : "not-stored";
        String advice = mayBeSent ? adviceInDoubt(write) : "other-endpoint";
        String kind = !mayBeSent ? "Connect" : timeout ? "AttemptTimeout" : "Disconnected";
        String text = mayBeSent
                ? "connection lost before a complete answer: " + failure.getMessage()
                : "nothing was sent: " + failure.getMessage();
        Verdict verdict =
                new Verdict(mayBeSent ? "timeout" : "unreachable", kind, outcome, advice, resendBy(advice), text);
        return verdict.exception(write, (int) NO_NUMBER, NOT_TOLD);
    }

    private static String adviceInDoubt(LineWrite write) {
        return write.everyPointHasTime() ? "resend" : "stamp-first";
    }

    private static String resendBy(String advice) {
        return "stamp-first".equals(advice) ? "after-stamp" : "yes";
    }

    /** A line that the server could not read, and why. */
    private static final class Unparsable {

        final String line;
        final String why;

        Unparsable(FrameReader frame) {
            line = frame.text();
            why = frame.text();
        }
    }

    /** What the native library says of a reply. */
    private static final class Verdict {

        private final String writeClass;
        private final String kind;
        private final String outcome;
        private final String advice;
        private final String resend;
        private final String message;
        private final String text;
        private final int droppedHow;
        private final long dropped;
        private final List<Unparsable> unparsable;
        private final String serverVersion;
        private final String reason;
        private final Map<String, String> details;

        Verdict(String writeClass, String kind, String outcome, String advice, String resend, String text) {
            this(writeClass, kind, outcome, advice, resend, text, null, null);
        }

        private Verdict(
                String writeClass,
                String kind,
                String outcome,
                String advice,
                String resend,
                String text,
                String message,
                String serverVersion) {
            this.writeClass = writeClass;
            this.kind = kind;
            this.outcome = outcome;
            this.advice = advice;
            this.resend = resend;
            this.text = text;
            this.message = message;
            this.serverVersion = serverVersion;
            droppedHow = 0;
            dropped = 0;
            unparsable = List.of();
            reason = null;
            details = Map.of();
        }

        /** The same of which only the outcome is another. */
        private Verdict(Verdict of, String outcome) {
            writeClass = of.writeClass;
            kind = of.kind;
            this.outcome = outcome;
            advice = of.advice;
            resend = of.resend;
            message = of.message;
            text = of.text;
            droppedHow = of.droppedHow;
            dropped = of.dropped;
            unparsable = of.unparsable;
            serverVersion = of.serverVersion;
            reason = of.reason;
            details = of.details;
        }

        Verdict(FrameReader frame) {
            writeClass = frame.text();
            kind = frame.text();
            outcome = frame.text();
            advice = frame.text();
            resend = frame.text();
            // The row of a table that the library keeps.
            frame.i32();
            message = frame.text();
            text = frame.text();
            droppedHow = frame.u8();
            dropped = frame.i64();
            // What it says of the others is in the outcome, as far as one request can tell.
            frame.text();
            unparsable = frame.list(() -> new Unparsable(frame));
            frame.duration();
            serverVersion = frame.text();
            reason = frame.text();
            details = frame.map();
        }

        /**
         * What is known where the points were sent before, too, and nobody knows what came of that. An answer that
         * points are in a queue, or on a replica, stays true. That nothing is stored does not: it becomes the verdict
         * on what was sent before. Lines refused stay so, but what it says of sending the others again holds only with
         * times.
         */
        Verdict afterUnknown(LineWrite write) {
            boolean partly = "partly-stored".equals(outcome);
            if (!partly && !"not-stored".equals(outcome)) {
                return this;
            }
            if (write.everyPointHasTime() && (partly || !unparsable.isEmpty())) {
                return new Verdict(this, "partly-stored");
            }
            String advised = adviceInDoubt(write);
            String told = "sent more than once, and what came of it before the last answer is not known;"
                    + " the points may be stored nowhere, somewhere, or later; the last answer: "
                    + (message == null ? text : message);
            return new Verdict(
                    "timeout", "Disconnected", "unknown", advised, resendBy(advised), told, message, serverVersion);
        }

        WriteException exception(LineWrite write, int status, String requestId) {
            FrameWriter frame = new FrameWriter()
                    .text(writeClass)
                    .text(kind)
                    .text(outcome)
                    .text(advice)
                    .text(resend)
                    .text(write.level.value())
                    .text(NOT_TOLD)
                    .text(NOT_TOLD)
                    .i32((int) NO_NUMBER)
                    .i32((int) NO_NUMBER)
                    .i32(status)
                    .text(requestId)
                    .text(message)
                    .text(serverVersion)
                    .text(NOT_TOLD)
                    .text(text)
                    .text(NOT_TOLD)
                    .u8(droppedHow)
                    .i64(dropped);
            putTally(frame, write.points());
            frame.i32(unparsable.size() + (unparsable.isEmpty() && reason != null ? 1 : 0));
            for (Unparsable line : unparsable) {
                putRefusal(frame, write.indexOf(line.line), line.line, "Unparsable", line.why, Map.of());
            }
            if (unparsable.isEmpty() && reason != null) {
                putRefusal(frame, (int) NO_NUMBER, NOT_TOLD, reason, text, details);
            }
            frame.i32(0);
            putDetails(frame, details);
            return (WriteException) Access.get().writeError(new FrameReader(frame.toBytes()));
        }

        /** Of points that the reply refuses it tells the number; what it says of the others no count can hold. */
        private void putTally(FrameWriter frame, long points) {
            long refused = "partly-stored".equals(outcome) ? Math.min(Math.max(dropped, unparsable.size()), points) : 0;
            long rest = points - refused;
            frame.i64(0)
                    .i64("below-level".equals(outcome) ? rest : 0)
                    .i64("deferred".equals(outcome) ? rest : 0)
                    .i64(refused)
                    .i64("unknown".equals(outcome) || "partly-stored".equals(outcome) ? rest : 0)
                    .i64("not-stored".equals(outcome) ? rest : 0);
        }

        private void putRefusal(
                FrameWriter frame, int index, String line, String why, String words, Map<String, String> more) {
            frame.i32(index).text(line).text(why).text(writeClass).text(words);
            putDetails(frame, more);
        }

        private static void putDetails(FrameWriter frame, Map<String, String> details) {
            frame.i32(details.size());
            details.forEach((name, value) -> frame.text(name).text(value));
        }
    }
}
