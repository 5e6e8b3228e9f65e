package io.influxclient.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Arguments of native methods that no Java code of the client would pass: the native side does not rely on that. */
public class NativeArgumentsTest {

    private static final int ROWS_ERROR = 4;

    private final AtomicLong calls = new AtomicLong(1);
    private long client;
    private long writer;

    @BeforeEach
    void open() {
        ClientLibrary.load();
        client = Frames.open("http://127.0.0.1:9");
        writer = Frames.openWriter(client, call());
    }

    @AfterEach
    void close() {
        Frames.end(client);
    }

    private long call() {
        return calls.incrementAndGet();
    }

    private static void refused(Class<? extends Throwable> type, Executable... calls) {
        for (int i = 0; i < calls.length; i++) {
            int number = i;
            assertThrows(type, calls[i], () -> "call " + number);
        }
    }

    @Test
    void nullIsRefusedByEveryNativeMethod() {
        ByteBuffer rows = Frames.rows();
        refused(
                NullPointerException.class,
                () -> Native.open(null),
                () -> Native.startWrite(client, call(), null, 1, Frames.options()),
                () -> Native.startWrite(client, call(), rows, 1, null),
                () -> Native.startWriteLines(client, call(), null, 0, 0, Frames.lineOptions()),
                () -> Native.startWriteLines(client, call(), Frames.line(), 0, 1, null),
                () -> Native.answer(client, 1, null),
                () -> Native.startQuery(client, call(), null, true),
                () -> Native.startRequest(client, call(), null),
                () -> Native.startResolve(client, call(), null, 1, Frames.resolution()),
                () -> Native.startResolve(client, call(), rows, 1, null),
                () -> Native.classify(null),
                () -> Native.openWriter(client, call(), null),
                () -> Native.tryPush(writer, null, 1),
                () -> Native.tryPushLines(writer, null, 0, 0),
                () -> Native.startPush(writer, call(), null, 1, false),
                () -> Native.startPushLines(writer, call(), null, 0, 0, false));
    }

    /** Offset and length of an array, for each method that takes them. */
    @Test
    void offsetsAndLengthsOutsideOfTheArrayAreRefused() {
        byte[] lines = Frames.line();
        int n = lines.length;
        int[][] wrong = {
            {-1, 1},
            {0, -1},
            {-1, -1},
            {0, n + 1},
            {1, n},
            {n, 1},
            {n + 1, 0},
            {Integer.MAX_VALUE, 1},
            {1, Integer.MAX_VALUE},
            {Integer.MAX_VALUE, Integer.MAX_VALUE},
            {Integer.MIN_VALUE, Integer.MIN_VALUE},
            {Integer.MIN_VALUE, 0},
            {0, Integer.MIN_VALUE},
            {n - 1, Integer.MAX_VALUE - n + 2}
        };
        for (int[] pair : wrong) {
            int offset = pair[0];
            int length = pair[1];
            refused(
                    IllegalArgumentException.class,
                    () -> Native.startWriteLines(client, call(), lines, offset, length, Frames.lineOptions()),
                    () -> Native.tryPushLines(writer, lines, offset, length),
                    () -> Native.startPushLines(writer, call(), lines, offset, length, true));
        }
    }

    @Test
    void anEmptyArrayAndAnEmptyPartOfOneAreNoLines() {
        byte[] none = new byte[0];
        Native.startWriteLines(client, call(), none, 0, 0, Frames.lineOptions());
        Native.startWriteLines(client, call(), Frames.line(), Frames.line().length, 0, Frames.lineOptions());
        assertEquals(null, Native.tryPushLines(writer, none, 0, 0));
        assertEquals(0, new FrameReader(Native.writerTotals(writer)).i64(), "points accepted");
        refused(
                IllegalArgumentException.class,
                () -> Native.open(none),
                () -> Native.startWrite(client, call(), Frames.rows(), 0, none),
                () -> Native.answer(client, 1, none),
                () -> Native.startQuery(client, call(), none, false),
                () -> Native.startRequest(client, call(), none),
                () -> Native.startResolve(client, call(), Frames.rows(), 0, none),
                () -> Native.classify(none),
                () -> Native.openWriter(client, call(), none));
    }

    @Test
    void lengthsOutsideOfTheBufferAndHeapBuffersAreRefused() {
        ByteBuffer rows = Frames.rows();
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, rows.capacity() + 1}) {
            refusedRows(rows, length);
        }
        refusedRows(ByteBuffer.wrap(Frames.rowBytes()), 1);
        refusedRows(ByteBuffer.allocate(100).slice(), 0);
        refusedRows(ByteBuffer.wrap(Frames.rowBytes()).asReadOnlyBuffer(), 1);
        refusedRows(ByteBuffer.allocateDirect(0), 1);
        rows.position(4);
        refusedRows(rows.slice(), rows.capacity());
    }

    private void refusedRows(ByteBuffer rows, int length) {
        refused(
                IllegalArgumentException.class,
                () -> Native.startWrite(client, call(), rows, length, Frames.options()),
                () -> Native.startResolve(client, call(), rows, length, Frames.resolution()),
                () -> Native.tryPush(writer, rows, length),
                () -> Native.startPush(writer, call(), rows, length, false));
    }

    /** A buffer's order, position, limit and whether it can be written to are Java's concern: bytes are bytes. */
    @Test
    void readOnlySlicedMappedAndOtherlyOrderedBuffersAreReadAsBytes() {
        int length = Frames.rowBytes().length;
        ByteBuffer larger = ByteBuffer.allocateDirect(length + 16)
                .position(7)
                .put(Frames.rowBytes())
                .position(7);
        ByteOrder other =
                ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        List<ByteBuffer> buffers = new ArrayList<>(List.of(
                Frames.rows().asReadOnlyBuffer(),
                larger.slice(),
                Frames.rows().order(other),
                Frames.rows().limit(0),
                Frames.rows().position(length)));
        for (ByteBuffer buffer : buffers) {
            assertEquals(null, Native.tryPush(writer, buffer, length));
        }
        long pushed = new FrameReader(Native.writerTotals(writer)).i64();
        assertEquals(buffers.size(), pushed, "each was one point");
    }

    @Test
    void aDirectBufferOfNoBytesIsNoPoints() {
        ByteBuffer none = ByteBuffer.allocateDirect(0);
        Native.startWrite(client, call(), none, 0, Frames.options());
        Native.startWrite(client, call(), Frames.rows(), 0, Frames.options());
        assertEquals(null, Native.tryPush(writer, none, 0));
        assertEquals(0, new FrameReader(Native.writerTotals(writer)).i64(), "points accepted");
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        refused(
                IllegalArgumentException.class,
                () -> Native.more(client, 1, -1),
                () -> Native.stamp(-1),
                () -> Native.stamp(6),
                () -> Native.stamp(Integer.MIN_VALUE),
                () -> Native.startCloseWriter(writer, call(), -1),
                () -> Native.startCloseWriter(writer, call(), Long.MIN_VALUE));
        Native.startCloseWriter(writer, call(), Long.MAX_VALUE);
    }

    /** Frames that are cut, changed, prolonged or random: an exception that tells no content, or a frame that can be read. */
    @Test
    void damagedFramesAreRefusedOrReadAndNeverMore() {
        Random random = new Random(20260101);
        damage(random, Frames.settings("http://127.0.0.1:9"), frame -> {
            FrameReader reply = new FrameReader(Native.open(frame));
            if (!reply.bool()) {
                Frames.end(reply.i64());
            }
        });
        byte[] line = Frames.line();
        damage(random, Frames.options(), frame -> Native.startWrite(client, call(), Frames.rows(), 0, frame));
        damage(
                random,
                Frames.lineOptions(),
                frame -> Native.startWriteLines(client, call(), line, 0, line.length, frame));
        damage(
                random,
                new byte[] {3, 0, 0, 0, 3, 'o', 'n', 'e', 0, 0, 0, 0, 0, 0, 0, 1},
                frame -> Native.answer(client, 1, frame));
        damage(random, Frames.query(), frame -> Native.startQuery(client, call(), frame, false));
        damage(random, Frames.request(), frame -> Native.startRequest(client, call(), frame));
        damage(random, Frames.resolution(), frame -> Native.startResolve(client, call(), Frames.rows(), 0, frame));
        damage(random, Frames.reply(), Native::classify);
        damage(random, withoutSpool(Frames.writer()), frame -> {
            // A text where the spool belongs would be a directory that is made.
            Native.openWriter(client, call(), withoutSpool(frame));
        });
        assertTrue(Native.health(client).length > 0, "the client is unharmed");
    }

    /** The settings of a writer as they are by default end with: no spool, no limit, reports. */
    private static byte[] withoutSpool(byte[] frame) {
        byte[] end = new FrameWriter().text(null).i64(-1).bool(true).toBytes();
        byte[] with = frame.clone();
        if (with.length >= end.length) {
            System.arraycopy(end, 0, with, with.length - end.length, end.length);
        }
        return with;
    }

    private static void damage(Random random, byte[] whole, Consumer<byte[]> call) {
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            assertThrows(IllegalArgumentException.class, () -> call.accept(cut));
        }
        byte[] longer = java.util.Arrays.copyOf(whole, whole.length + 1);
        assertThrows(IllegalArgumentException.class, () -> call.accept(longer));
        for (int i = 0; i < 150; i++) {
            byte[] changed = whole.clone();
            for (int times = random.nextInt(3); times >= 0; times--) {
                changed[random.nextInt(changed.length)] =
                        random.nextBoolean() ? (byte) random.nextInt() : (byte) (random.nextBoolean() ? -1 : 127);
            }
            accepts(call, changed);
            byte[] noise = new byte[random.nextInt(2 * whole.length + 1)];
            random.nextBytes(noise);
            accepts(call, noise);
        }
    }

    private static void accepts(Consumer<byte[]> call, byte[] frame) {
        try {
            call.accept(frame);
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage() != null && !e.getMessage().contains("127.0.0.1"), e::getMessage);
        }
    }

    @Test
    void damagedRowsAreToldAsSuch() {
        Random random = new Random(7);
        byte[] whole = Frames.rowBytes();
        int told = 0;
        for (int i = 0; i < 300; i++) {
            byte[] changed = java.util.Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            if (changed.length > 0) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            ByteBuffer rows = ByteBuffer.allocateDirect(changed.length).put(changed);
            byte[] reply = Native.tryPush(writer, rows, changed.length);
            told += reply == null ? 0 : 1;
        }
        assertTrue(told > 250, "of 300 changes, " + told + " were told");
        long writes = Frames.open("http://127.0.0.1:9");
        ByteBuffer cut = ByteBuffer.allocateDirect(whole.length).put(whole);
        Native.startWrite(writes, 1, cut, whole.length - 1, Frames.options());
        FrameReader completion = new FrameReader(Native.next(writes));
        assertEquals(ROWS_ERROR, completion.u8());
        Frames.end(writes);
    }

    @Test
    void moreThanTheLimitIsRefusedBeforeItIsCopied() {
        byte[] control = new byte[(64 << 20) + 1];
        refused(
                IllegalArgumentException.class,
                () -> Native.open(control),
                () -> Native.classify(control),
                () -> Native.startQuery(client, call(), control, false));
    }

    /** Names and texts of a frame are UTF-8, not Java's own form of it, and are never cut at U+0000. */
    @Test
    void textsOfFramesAreTrueUtf8() {
        byte[] javas = {(byte) 0xC0, (byte) 0x80};
        byte[] pairOfSurrogates = {(byte) 0xED, (byte) 0xA0, (byte) 0xBD, (byte) 0xED, (byte) 0xB8, (byte) 0x80};
        for (byte[] text : List.of(javas, pairOfSurrogates, new byte[] {(byte) 0xFF})) {
            byte[] frame = new FrameWriter()
                    .bytes(text)
                    .text(null)
                    .text(null)
                    .u8(0)
                    .text("ns")
                    .i32(-1)
                    .i32(0)
                    .i64(-1)
                    .i64(-1)
                    .toBytes();
            refused(IllegalArgumentException.class, () -> Native.startQuery(client, call(), frame, false));
        }
        assertEquals("a\0b", new FrameReader(new FrameWriter().text("a\0b").toBytes()).text());
        assertEquals(
                5,
                new FrameWriter().bytes("\0".getBytes(StandardCharsets.UTF_8)).toBytes().length);
    }
}
