package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.LineProtocol;
import io.influxclient.PointBatch;
import io.influxclient.WriteResult;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The memory of points while a write is under way, and what nobody refers to any more. */
public class BuffersTest {

    private static final byte[] LINES = "m v=1 1\nm v=2 2".getBytes(StandardCharsets.UTF_8);

    @Test
    void offsetsAndLengthsOfLinesAreChecked() {
        int n = LINES.length;
        int[][] wrong = {
            {-1, 1},
            {0, -1},
            {0, n + 1},
            {n, 1},
            {n + 1, 0},
            {Integer.MAX_VALUE, 1},
            {1, Integer.MAX_VALUE},
            {Integer.MAX_VALUE, Integer.MAX_VALUE},
            {Integer.MIN_VALUE, Integer.MIN_VALUE},
            {Integer.MIN_VALUE, 1}
        };
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().start()) {
            for (int[] pair : wrong) {
                assertThrows(IndexOutOfBoundsException.class, () -> LineProtocol.of(LINES, pair[0], pair[1]));
                assertThrows(IndexOutOfBoundsException.class, () -> writer.pushLines(LINES, pair[0], pair[1]));
            }
            assertEquals(1, client.write(LineProtocol.of(LINES, 8, 7)).points());
            assertEquals("m v=2 2", server.lastBody().trim());
            // No bytes are no points: said, and nothing is sent.
            assertEquals(0, client.write(LineProtocol.of(new byte[0])).points());
            assertEquals(0, client.write(LineProtocol.of(LINES, n, 0)).points());
            assertEquals(1, server.requests());
        }
    }

    /** What was given belongs to the caller again at once. */
    @Test
    void anArrayThatChangesLaterChangesNothing() {
        try (Server server = Server.storing().holdAnswers();
                InfluxClient client = server.client().build()) {
            byte[] lines = LINES.clone();
            LineProtocol given = LineProtocol.of(lines);
            java.util.Arrays.fill(lines, (byte) 0xFF);
            CompletableFuture<WriteResult> write = client.writeAsync(given, io.influxclient.WriteOptions.defaults());
            Server.until("the request", () -> server.requests() == 1);
            server.release();
            assertEquals(2, write.join().points());
            assertArrayEquals(LINES, server.lastBody().trim().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** All references are dropped while the writes are under way, and other batches take memory. */
    @Test
    void memoryOfAWriteUnderWayStaysUntilItsEnd() {
        String text = "x".repeat(40_000);
        try (Server server = Server.storing().holdAnswers();
                InfluxClient client = server.client().build()) {
            List<CompletableFuture<WriteResult>> writes = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                PointBatch batch = PointBatch.create();
                batch.point("m").field("s", text).at(i);
                writes.add(client.writeAsync(batch));
                if (i % 2 == 0) {
                    // Closed by its owner: the memory goes back when the write has ended, not before.
                    batch.close();
                }
            }
            Server.until("the first request", () -> server.requests() > 0);
            for (int i = 0; i < 3; i++) {
                System.gc();
                // Pooled memory that was free by mistake would be written over here.
                for (int n = 0; n < 10; n++) {
                    PointBatch other = PointBatch.create();
                    other.point("other").field("v", "y".repeat(40_000)).at(1);
                    other.close();
                }
            }
            server.release();
            for (CompletableFuture<WriteResult> write : writes) {
                assertEquals(1, write.join().points());
            }
            assertTrue(server.lastBody().contains(text), "it was sent as it was");
        }
    }

    @Test
    void aBatchCannotBeChangedOrUsedOnceItIsClosed() {
        try (Server server = Server.storing().holdAnswers();
                InfluxClient client = server.client().build()) {
            PointBatch batch = PointBatch.create();
            batch.point("m").field("v", 1L).at(1);
            CompletableFuture<WriteResult> write = client.writeAsync(batch);
            assertThrows(IllegalStateException.class, () -> batch.point("m"));
            assertThrows(IllegalStateException.class, batch::clear);
            batch.close();
            batch.close();
            assertThrows(IllegalStateException.class, () -> batch.point("m"));
            assertThrows(IllegalStateException.class, () -> client.write(batch));
            server.release();
            assertEquals(1, write.join().points());
            assertThrows(IllegalStateException.class, () -> client.writeAsync(batch));
        }
    }

    @Test
    void aCleanerMayUseAndCloseTheClient() throws Exception {
        try (Server server = Server.storing()) {
            InfluxClient client = server.client().build();
            CountDownLatch done = new CountDownLatch(1);
            AtomicReference<Object> seen = new AtomicReference<>();
            Cleaner cleaner = Cleaner.create();
            register(cleaner, () -> {
                try (PointBatch batch = PointBatch.create()) {
                    batch.point("m").field("v", 1L).at(1);
                    seen.set(client.write(batch).points());
                    client.close();
                    client.write(batch);
                } catch (IllegalStateException e) {
                    done.countDown();
                }
            });
            Server.until("the cleaner", () -> {
                System.gc();
                return done.getCount() == 0;
            });
            assertTrue(done.await(1, TimeUnit.SECONDS));
            assertEquals(1L, seen.get());
        }
    }

    private static void register(Cleaner cleaner, Runnable action) {
        cleaner.register(new Object(), action);
    }

    /** A client and its writer that nobody refers to are collected, and the connection to the server goes with them. */
    @Test
    void whatNobodyRefersToIsGivenBack() {
        try (Server server = Server.storing()) {
            WeakReference<InfluxClient> client = forgotten(server);
            Server.until("the client to be collected", () -> {
                System.gc();
                return client.get() == null;
            });
            Server.until("the thread of the client to end", () -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("forgotten")));
        }
    }

    private static WeakReference<InfluxClient> forgotten(Server server) {
        InfluxClient client = server.client().build();
        BatchWriter writer = client.batchWriter().start();
        writer.pushLines("m v=1 1");
        writer.flush();
        return new WeakReference<>(client);
    }
}
