package io.influxclient.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The native methods themselves, called as no other class would: whatever they are given, the JVM lives and memory
 * stays whole.
 */
@Timeout(120)
class NativeTest {

    private static final byte[] NO_BYTES = new byte[0];

    @BeforeAll
    static void load() {
        ClientLibrary.load();
    }

    private static byte[] settings() {
        return new FrameWriter()
                .texts(List.of("http://127.0.0.1:9"))
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
                .bool(false)
                .toBytes();
    }

    private static long open() {
        FrameReader reply = new FrameReader(Native.open(settings()));
        assertEquals(0, reply.u8());
        return reply.i64();
    }

    private static byte[] options() {
        return ofPoints().toBytes();
    }

    private static byte[] ofLines() {
        return ofPoints().u8(0).bool(false).toBytes();
    }

    private static FrameWriter ofPoints() {
        return new FrameWriter()
                .text("n")
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

    private static void end(long client) {
        Native.close(client);
        while (Native.next(client) != null) {
            // What was under way is told.
        }
    }

    private static ByteBuffer rows(int capacity) {
        return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
    }

    /** Every method that takes the handle of a client. */
    private static List<LongConsumer> methods() {
        return List.of(
                Native::next,
                client -> Native.startWrite(client, 1, rows(8), 0, options()),
                client -> Native.startWriteLines(client, 2, NO_BYTES, 0, 0, ofLines()),
                client -> Native.cancel(client, 3),
                client -> Native.more(client, 4, 1),
                client -> Native.answer(client, 5, new byte[1]),
                client -> Native.startQuery(client, 6, NO_BYTES, false),
                client -> Native.startRequest(client, 7, NO_BYTES),
                client -> Native.startPing(client, 8),
                Native::health,
                client -> Native.openWriter(client, 9, NO_BYTES),
                client -> Native.provoke(client, 10, 0),
                writer -> Native.tryPush(writer, rows(8), 0),
                writer -> Native.tryPushLines(writer, NO_BYTES, 0, 0),
                writer -> Native.startPush(writer, 11, rows(8), 0, false),
                writer -> Native.startFlush(writer, 12),
                writer -> Native.startPushLines(writer, 13, NO_BYTES, 0, 0, false),
                writer -> Native.startCloseWriter(writer, 14, 0),
                Native::writerTotals,
                Native::forgetHoles);
    }

    @Test
    void forgedHandlesAreRefused() {
        Random random = new Random(11);
        for (LongConsumer method : methods()) {
            for (long handle : new long[] {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 1L << 28, 2L << 28}) {
                assertThrows(IllegalArgumentException.class, () -> method.accept(handle));
            }
            for (int i = 0; i < 1000; i++) {
                long handle = random.nextLong();
                RuntimeException error = assertThrows(RuntimeException.class, () -> method.accept(handle));
                assertTrue(
                        error instanceof IllegalArgumentException || error instanceof IllegalStateException,
                        error.toString());
            }
        }
    }

    @Test
    void closedHandlesStayClosedWhenTheirSlotIsUsedAgain() {
        long first = open();
        end(first);
        long second = open();
        for (LongConsumer method : methods()) {
            RuntimeException error = assertThrows(RuntimeException.class, () -> method.accept(first));
            assertTrue(
                    error instanceof IllegalArgumentException || error instanceof IllegalStateException,
                    error.toString());
        }
        Native.close(first);
        Native.close(first);
        assertEquals(0, new FrameReader(Native.health(second)).i32() - 1, "the second one lives");
        // A client is no writer.
        assertThrows(IllegalArgumentException.class, () -> Native.writerTotals(second));
        end(second);
    }

    @Test
    void nullIsRefused() {
        long client = open();
        for (Runnable call : List.<Runnable>of(
                () -> Native.open(null),
                () -> Native.classify(null),
                () -> Native.startWrite(client, 1, null, 0, options()),
                () -> Native.startWrite(client, 1, rows(8), 0, null),
                () -> Native.startWriteLines(client, 1, null, 0, 0, ofLines()),
                () -> Native.startWriteLines(client, 1, NO_BYTES, 0, 0, null),
                () -> Native.startQuery(client, 1, null, false),
                () -> Native.startRequest(client, 1, null),
                () -> Native.answer(client, 1, null),
                () -> Native.openWriter(client, 1, null))) {
            assertThrows(NullPointerException.class, call::run);
        }
        end(client);
    }

    @Test
    void lengthsOutsideOfTheBufferAreRefused() {
        long client = open();
        ByteBuffer rows = rows(16);
        for (int length : new int[] {-1, Integer.MIN_VALUE, 17, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> Native.startWrite(client, 1, rows, length, options()));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> Native.startWrite(client, 1, ByteBuffer.allocate(16), 0, options()),
                "not direct");
        byte[] lines = new byte[16];
        for (int[] part : new int[][] {
            {-1, 1},
            {0, 17},
            {17, 0},
            {16, 1},
            {1, Integer.MAX_VALUE},
            {Integer.MAX_VALUE, 1},
            {0, -1},
            {Integer.MIN_VALUE, Integer.MIN_VALUE}
        }) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Native.startWriteLines(client, 1, lines, part[0], part[1], ofLines()));
        }
        end(client);
    }

    /** Rows of any bytes are an error that names the place, or points; never more. */
    @Test
    void hostileRowsHarmNothing() {
        long client = open();
        Random random = new Random(5);
        ByteBuffer rows = rows(256);
        int[] operations = {1, 2, 3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x22, 0x7f};
        for (int round = 1; round <= 2000; round++) {
            for (int at = 0; at < 256; at += 4) {
                boolean word = random.nextInt(3) > 0;
                rows.putInt(
                        at,
                        word
                                ? operations[random.nextInt(operations.length)] << 24 | random.nextInt(3)
                                : random.nextInt(8));
            }
            Native.startWrite(client, round, rows, random.nextInt(257), options());
            FrameReader completion = new FrameReader(Native.next(client));
            int kind = completion.u8();
            assertEquals(round, completion.i64());
            assertTrue(
                    kind == Completion.ROWS_ERROR
                            || kind == Completion.POINTS_REFUSED
                            || kind == Completion.ACK
                            || kind == Completion.WRITE_ERROR,
                    "completion " + kind);
        }
        end(client);
    }

    @Test
    void hostileFramesAreRefused() {
        Random random = new Random(3);
        long client = open();
        byte[] good = settings();
        for (int round = 0; round < 2000; round++) {
            byte[] bad = new byte[random.nextInt(64)];
            random.nextBytes(bad);
            assertThrows(IllegalArgumentException.class, () -> Native.startQuery(client, 1, bad, false));
            assertThrows(IllegalArgumentException.class, () -> Native.startRequest(client, 1, bad));
            assertThrows(IllegalArgumentException.class, () -> Native.openWriter(client, 1, bad));
            assertThrows(IllegalArgumentException.class, () -> Native.startWrite(client, 1, rows(8), 0, bad));
            assertThrows(IllegalArgumentException.class, () -> Native.classify(bad));
            byte[] cut = Arrays.copyOf(good, random.nextInt(good.length));
            assertThrows(IllegalArgumentException.class, () -> Native.open(cut));
        }
        byte[] more = Arrays.copyOf(good, good.length + 1);
        assertThrows(IllegalArgumentException.class, () -> Native.open(more));
        end(client);
        assertThrows(IllegalStateException.class, () -> Native.next(client));
    }

    @Test
    void theEndOfAClientIsToldOnce() {
        long client = open();
        Native.close(client);
        assertNull(Native.next(client));
        assertThrows(IllegalStateException.class, () -> Native.next(client));
        Native.close(client);
    }
}
