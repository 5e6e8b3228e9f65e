package io.influxclient.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Frames for native methods, put together by hand. */
final class Frames {

    private Frames() {}

    /** Settings of a client of this endpoint, all else as it is by default; it allows to provoke. */
    static byte[] settings(String endpoint) {
        return new FrameWriter()
                .texts(List.of(endpoint))
                .text("db")
                .text(null)
                .text(null)
                .u8(0)
                .i64(-1)
                .i64(-1)
                .i64(-1)
                .i64(-1)
                .u8(1)
                .u8(0)
                .text(null)
                .u8(0)
                .bool(false)
                .i64(-1)
                .text(null)
                .i32(0)
                .bool(false)
                .bool(false)
                .u8(1)
                .i64(-1)
                .bool(true)
                .toBytes();
    }

    /** Opens a client. */
    static long open(String endpoint) {
        FrameReader reply = new FrameReader(Native.open(settings(endpoint)));
        if (reply.bool()) {
            throw new AssertionError(reply.text());
        }
        return reply.i64();
    }

    /** Closes a client and fetches everything, which gives its slot free. Returns the completions. */
    static List<FrameReader> end(long client) {
        Native.close(client);
        List<FrameReader> completions = new ArrayList<>();
        for (byte[] frame = Native.next(client); frame != null; frame = Native.next(client)) {
            completions.add(new FrameReader(frame));
        }
        return completions;
    }

    private static FrameWriter common() {
        return new FrameWriter()
                .text("ns")
                .text(null)
                .text(null)
                .text(null)
                .i64(-1)
                .i64(-1)
                .i32(-1)
                .i32(-1)
                .bool(true)
                .bool(false)
                .u8(0)
                .u8(0);
    }

    /** Options of a write of rows. */
    static byte[] options() {
        return common().toBytes();
    }

    /** Options of a write of lines. */
    static byte[] lineOptions() {
        return common().u8(0).bool(false).toBytes();
    }

    /** A query. */
    static byte[] query() {
        return new FrameWriter()
                .text("SHOW DATABASES")
                .text(null)
                .text(null)
                .u8(0)
                .text("ns")
                .i32(-1)
                .i32(0)
                .i64(-1)
                .i64(-1)
                .toBytes();
    }

    /** A request. */
    static byte[] request() {
        return new FrameWriter()
                .text("GET")
                .text("ping")
                .text(null)
                .i32(0)
                .bytes(new byte[0])
                .u8(0)
                .i32(-1)
                .bool(false)
                .i64(-1)
                .i64(-1)
                .bool(false)
                .toBytes();
    }

    /** Options of a resolution. */
    static byte[] resolution() {
        return new FrameWriter()
                .text("ns")
                .text(null)
                .text(null)
                .text(null)
                .i32(0)
                .i64(-1)
                .i32(0)
                .toBytes();
    }

    /** A server's reply, to be classified. */
    static byte[] reply() {
        return new FrameWriter()
                .i32(204)
                .bytes(new byte[0])
                .bool(true)
                .text(null)
                .text(null)
                .text(null)
                .text(null)
                .text(null)
                .text("one")
                .i32(1)
                .bool(true)
                .toBytes();
    }

    /** Settings of a writer. */
    static byte[] writer() {
        return new FrameWriter()
                .text(null)
                .text(null)
                .text(null)
                .text(null)
                .i64(-1)
                .i64(-1)
                .i32(-1)
                .i64(-1)
                .i64(-1)
                .i32(-1)
                .i64(-1)
                .u8(0)
                .bool(true)
                .bool(false)
                .u8(0)
                .text(null)
                .i64(-1)
                .bool(true)
                .toBytes();
    }

    /** Opens a writer. */
    static long openWriter(long client, long id) {
        FrameReader reply = new FrameReader(Native.openWriter(client, id, writer()));
        if (reply.bool()) {
            throw new AssertionError(reply.text());
        }
        return reply.i64();
    }

    /** Line protocol of one point. */
    static byte[] line() {
        return "m v=1 1".getBytes(StandardCharsets.UTF_8);
    }

    /** The rows of one point, in the machine's byte order. */
    static byte[] rowBytes() {
        ByteBuffer rows = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
        rows.putInt(0x01 << 24).putInt(1).put((byte) 'm');
        rows.putInt(0x01 << 24 | 1).putInt(1).put((byte) 'v');
        rows.putInt(0x02 << 24);
        rows.putInt(0x11 << 24 | 1).putLong(7);
        rows.putInt(0x20 << 24).putLong(1);
        byte[] bytes = new byte[rows.position()];
        rows.flip().get(bytes);
        return bytes;
    }

    /** Those rows in a direct buffer. */
    static ByteBuffer rows() {
        byte[] bytes = rowBytes();
        return ByteBuffer.allocateDirect(bytes.length).put(bytes);
    }
}
