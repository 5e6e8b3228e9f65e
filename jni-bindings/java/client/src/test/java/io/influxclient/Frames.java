package io.influxclient;

import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;

/** Frames as the native library writes them, by the description of the boundary. */
final class Frames {

    private Frames() {}

    static FrameReader writeError(WriteClass writeClass, Outcome outcome) {
        FrameWriter frame = new FrameWriter()
                .text(writeClass.id())
                .text("Kind")
                .text(outcome.id())
                .text("back-off")
                .text("yes")
                .text("quorum")
                .text(null)
                .text("deadline")
                .i32(-1)
                .i32(-1)
                .i32(500)
                .text("id")
                .text("message")
                .text(null)
                .text("http://a:1")
                .text("text")
                .text(null)
                .u8(0)
                .i64(0);
        for (int count = 0; count < 6; count++) {
            frame.i64(count);
        }
        return new FrameReader(frame.i32(0).i32(0).i32(0).toBytes());
    }

    static FailedAttempt failed(
            WriteClass writeClass,
            Advice advice,
            Outcome known,
            int attempts,
            int belowLevel,
            boolean idempotent,
            boolean justCreated,
            double random,
            long retryAfter) {
        return new FailedAttempt(new FrameReader(new FrameWriter()
                .i64(1)
                .text(writeClass.id())
                .text("Kind")
                .text(known.id())
                .text(advice.id())
                .text(known.id())
                .text("quorum")
                .i32(attempts)
                .i32(belowLevel)
                .bool(idempotent)
                .i32(2)
                .bool(justCreated)
                .i64(0)
                .i64(60_000_000_000L)
                .f64(random)
                .i64(retryAfter)
                .text(null)
                .text(null)
                .toBytes()));
    }
}
