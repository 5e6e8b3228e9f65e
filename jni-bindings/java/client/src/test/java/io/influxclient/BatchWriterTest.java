package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.internal.Jvm;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Points in the background: accepted, settled, reported, and never lost without a word. */
@Timeout(60)
class BatchWriterTest {

    private static final String EOL = System.lineSeparator();

    private final PointBatch batch = PointBatch.create();
    private final List<BatchReport> reports = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void giveBack() {
        batch.close();
    }

    private PointBatch points(int from, int count) {
        batch.clear();
        for (int i = from; i < from + count; i++) {
            batch.point("m").field("f", i).at(i + 1);
        }
        return batch;
    }

    @Test
    void acceptedPointsAreSettledAndReported() throws Exception {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter()
                        .maxPoints(100)
                        .linger(Duration.ofMillis(5))
                        .listener(reports::add)
                        .retentionPolicy("rp")
                        .consistency(ConsistencyLevel.ANY)
                        .start()) {
            for (int i = 0; i < 10; i++) {
                writer.push(points(100 * i, 100));
            }
            assertTrue(writer.tryPush(points(1000, 5)));
            writer.pushLines("m f=1i 2000\nm f=2i 2001");
            CompletableFuture<WriteResult> tracked = writer.pushTracked(points(3000, 1));
            batch.clear();
            writer.flush();
            assertEquals(ConsistencyLevel.ANY, tracked.get(20, TimeUnit.SECONDS).level());
            assertEquals(1008, writer.totals().settled().stored());
            assertEquals(0, writer.totals().pending());
            assertTrue(
                    server.requests().get(0).line().startsWith("POST /write?db=db&rp=rp&precision=n&consistency=any"));
            WriterClosed closed = writer.close(Duration.ofSeconds(20));
            assertTrue(closed.isComplete());
            assertEquals(1008, closed.acknowledged());
            assertEquals(1008, reports.stream().mapToLong(BatchReport::points).sum(), "each batch, in order");
            for (int i = 0; i < reports.size(); i++) {
                assertEquals(i, reports.get(i).number());
                assertTrue(reports.get(i).delivery().isAcknowledged()
                        && reports.get(i).failed().isEmpty());
            }
            assertEquals(
                    PushException.Reason.CLOSED,
                    assertThrows(PushException.class, () -> writer.push(points(0, 1)))
                            .reason());
            assertEquals(
                    PushException.Reason.CLOSED,
                    assertThrows(PushException.class, writer::flush).reason());
            assertEquals(1008, writer.totals().accepted(), "the last numbers stay");
        }
    }

    @Test
    void whatFailsIsReportedWithItsPoints() {
        try (RawServer server = RawServer.replying(RawServer.error(500, "partial write"));
                InfluxClient client = server.client().build()) {
            BatchWriter writer = client.batchWriter()
                    .precision(Precision.SECONDS)
                    .listener(reports::add)
                    .start();
            assertThrows(IllegalArgumentException.class, () -> writer.push(points(0, 1)), "another precision");
            try (PointBatch seconds = PointBatch.create(Precision.SECONDS)) {
                seconds.point("m").field("f", 1).at(7);
                CompletableFuture<WriteResult> tracked = writer.pushTracked(seconds);
                UnsettledPointsException error = assertThrows(UnsettledPointsException.class, writer::flush);
                assertEquals(1, error.tally().belowLevel());
                assertEquals(
                        ConsistencyNotMetException.class,
                        error.failures().get(0).failure().orElseThrow().getClass());
                ExecutionException thrown =
                        assertThrows(ExecutionException.class, () -> tracked.get(20, TimeUnit.SECONDS));
                assertEquals(Outcome.BELOW_LEVEL, ((WriteException) thrown.getCause()).outcome());
            }
            UnsettledPointsException left = assertThrows(UnsettledPointsException.class, writer::close);
            assertEquals(1, left.closed().orElseThrow().unknown());
            writer.close();
            assertEquals(Outcome.BELOW_LEVEL, reports.get(0).delivery().outcome());
            LineProtocol failed = reports.get(0).failed().orElseThrow();
            assertEquals("m f=1i 7\n", new String(failed.bytes(), StandardCharsets.UTF_8));
            assertEquals(Precision.SECONDS, failed.precision());
        }
    }

    @Test
    void aFullWriterWaitsRefusesOrDrops() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free));
                InfluxClient client = server.client().build()) {
            BatchWriter failing = client.batchWriter()
                    .memory(8 << 10)
                    .inFlight(1)
                    .overflow(Overflow.FAIL)
                    .start();
            BatchWriter waiting =
                    client.batchWriter().memory(8 << 10).inFlight(1).start();
            BatchWriter dropping = client.batchWriter()
                    .memory(8 << 10)
                    .inFlight(1)
                    .overflow(Overflow.DROP_OLDEST)
                    .listener(reports::add)
                    .start();
            int pushed = 0;
            while (failing.tryPush(points(pushed * 10, 10))) {
                pushed++;
            }
            assertTrue(pushed > 2, pushed + " pushes");
            assertEquals(
                    PushException.Reason.FULL,
                    assertThrows(PushException.class, () -> failing.push(batch)).reason());
            assertEquals(
                    PushException.Reason.TOO_LARGE,
                    assertThrows(PushException.class, () -> failing.push(points(0, 5000)))
                            .reason());

            while (waiting.tryPush(points(0, 10))) {
                // Until it is full.
            }
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread pusher = new Thread(() -> {
                try {
                    waiting.push(batch);
                } catch (PushException e) {
                    thrown.set(e);
                }
            });
            pusher.start();
            RawServer.until("the push to wait", () -> pusher.getState() == Thread.State.WAITING);
            pusher.interrupt();
            pusher.join();
            assertEquals(PushException.Reason.INTERRUPTED, ((PushException) thrown.get()).reason());
            assertEquals(Outcome.NOT_STORED, ((PushException) thrown.get()).outcome(), "it waited for room in memory");

            for (int i = 0; i < 3 * pushed; i++) {
                dropping.push(points(10 * i, 10));
            }
            RawServer.until("a report of what was dropped", () -> !reports.isEmpty());
            assertEquals(
                    "dropped",
                    ((DeliveryException) reports.get(0).delivery().failure().orElseThrow()).fate());
            assertEquals(Outcome.NOT_STORED, reports.get(0).delivery().outcome());
            assertTrue(reports.get(0).failed().isPresent() && dropping.totals().dropped() > 0);
            WriterClosed left = failing.close(Duration.ofMillis(50));
            assertFalse(left.isComplete());
            assertEquals(10L * pushed, left.unknown() + left.notStored());
            assertEquals(
                    10L * pushed,
                    left.unsent().stream()
                                    .mapToLong(WriterClosed.Leftover::points)
                                    .sum()
                            + left.interrupted().stream()
                                    .mapToLong(WriterClosed.Leftover::points)
                                    .sum());
            free.countDown();
            assertTrue(client.write(left.interrupted().get(0).lines()).points() > 0);
            waiting.close();
            assertThrows(UnsettledPointsException.class, dropping::close);
        } finally {
            free.countDown();
        }
    }

    @Test
    void closingTheClientClosesItsWriters() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT)) {
            InfluxClient client = server.client().build();
            BatchWriter writer =
                    client.batchWriter().linger(Duration.ofHours(1)).start();
            writer.push(points(0, 7));
            client.close();
            assertEquals("m f=0i 1", server.requests().get(0).text().split("\n")[0]);
            assertEquals(7, writer.totals().settled().stored());
            assertThrows(PushException.class, () -> writer.push(batch));
        }
    }

    /** Between the moment when its client refuses new calls and the one when the client has closed it, too. */
    @Test
    void aWriterWhoseClientClosesIsClosed() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().start()) {
            writer.push(points(0, 7));
            client.nativeClient().beginClose();
            for (Runnable push : List.<Runnable>of(
                    () -> writer.push(batch), () -> writer.pushTracked(batch), () -> writer.pushLines("m f=1"))) {
                PushException error = assertThrows(PushException.class, push::run);
                assertEquals(PushException.Reason.CLOSED, error.reason());
                assertEquals(Outcome.NOT_STORED, error.outcome());
            }
            batch.clear();
            writer.flush();
            assertEquals(7, writer.totals().settled().stored());
        }
    }

    @Test
    void theNumbersCanBeReadWhileAWriterCloses() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free));
                InfluxClient client = server.client().build()) {
            BatchWriter writer =
                    client.batchWriter().linger(Duration.ofHours(1)).start();
            writer.push(points(0, 7));
            Thread closer = new Thread(writer::close);
            closer.start();
            RawServer.until("the write that the close waits for", () -> !server.requests()
                    .isEmpty());
            assertEquals(7, writer.totals().accepted());
            assertEquals(7, writer.totals().pending());
            free.countDown();
            closer.join();
            assertEquals(0, writer.totals().pending());
        } finally {
            free.countDown();
        }
    }

    @Test
    void pointsThatNoServerTakesAreRefusedAsAWhole() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().start()) {
            batch.point("good").field("f", 1).at(1);
            batch.point("#bad").field("f", 1).at(1);
            for (Runnable push : List.<Runnable>of(
                    () -> writer.push(batch),
                    () -> writer.tryPush(batch),
                    () -> writer.pushTracked(batch),
                    () -> writer.pushLines("good f=1 1\nm f= 1"))) {
                assertEquals(
                        1,
                        assertThrows(InvalidPointException.class, push::run)
                                .points()
                                .get(0)
                                .index());
            }
            assertEquals(0, writer.totals().accepted());
            batch.clear();
            assertEquals(
                    PushException.Reason.NO_POINTS,
                    assertThrows(PushException.class, () -> writer.pushTracked(batch))
                            .reason());
            assertThrows(NullPointerException.class, () -> writer.push(null));
            assertThrows(NullPointerException.class, () -> writer.pushLines(null));
            assertThrows(IndexOutOfBoundsException.class, () -> writer.pushLines(new byte[2], 1, 2));
        }
    }

    /** What the listener would have been told of, had there been one, and no flush has told. */
    @Test
    void aCloseTellsWhyBatchesFailedBefore() {
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                InfluxClient client = server.client().build()) {
            BatchWriter writer = client.batchWriter().linger(Duration.ZERO).start();
            writer.push(points(0, 2));
            RawServer.until("the batch to fail", () -> writer.totals().failedBatches() == 1);
            UnsettledPointsException error = assertThrows(UnsettledPointsException.class, writer::close);
            assertEquals(1, error.failures().size());
            InfluxException why = error.failures().get(0).failure().orElseThrow();
            assertEquals(WriteTimeoutException.class, why.getClass());
            assertSame(why, error.getSuppressed()[0]);
            WriterClosed closed = error.closed().orElseThrow();
            assertEquals(2, closed.unknown());
            assertTrue(closed.unsent().isEmpty() && closed.interrupted().isEmpty());

            BatchWriter told = client.batchWriter().start();
            told.push(points(0, 2));
            assertThrows(UnsettledPointsException.class, told::flush);
            assertEquals(
                    List.of(),
                    assertThrows(UnsettledPointsException.class, told::close).failures());
        }
    }

    @Test
    void whatIsNotSettledOutlivesSerialization() throws Exception {
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                InfluxClient client = server.client().build()) {
            BatchWriter writer = client.batchWriter().start();
            writer.push(points(0, 2));
            UnsettledPointsException error = assertThrows(UnsettledPointsException.class, writer::flush);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(error);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                UnsettledPointsException read = (UnsettledPointsException) in.readObject();
                assertEquals(2, read.tally().unknown());
                assertEquals(List.of(), read.failures());
                assertTrue(read.closed().isEmpty());
                assertEquals(WriteTimeoutException.class, read.getSuppressed()[0].getClass());
            }
            assertThrows(UnsettledPointsException.class, writer::close);
        }
    }

    @Test
    void aPushThatIsFollowedKeepsItsClient() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free))) {
            InfluxClient built = server.client().build();
            WeakReference<InfluxClient> client = new WeakReference<>(built);
            CompletableFuture<WriteResult> fate = built.batchWriter().start().pushTracked(points(0, 3));
            Reference.reachabilityFence(built);
            // From now on the push alone keeps it.
            built = null;
            RawServer.until("the request", () -> !server.requests().isEmpty());
            System.gc();
            assertNotNull(client.get());
            free.countDown();
            assertEquals(3, fate.get(20, TimeUnit.SECONDS).points());
        } finally {
            free.countDown();
        }
    }

    /** What is handed back is in memory once, and where there is no room for that, everything is closed all the same. */
    @Test
    void aSmallHeapKeepsNothingFromBeingClosed() throws Exception {
        String enough = new Jvm().option("-XX:+UseSerialGC").option("-Xmx80m").run(SmallHeap.class);
        assertTrue(enough.contains("handed back 40000") && enough.contains("handed back 1" + EOL), enough);
        String tooSmall = new Jvm().option("-XX:+UseSerialGC").option("-Xmx30m").run(SmallHeap.class);
        assertTrue(
                tooSmall.contains("thrown: InternalException") && tooSmall.contains("handed back 1" + EOL), tooSmall);
        for (String output : List.of(enough, tooSmall)) {
            assertTrue(output.contains("accepted 40000 and 1" + EOL + "the client is closed" + EOL), output);
        }
    }

    /** Nobody waits for its writes, so its questions go to the executor; what the policy throws ends the retry. */
    @Test
    void aPolicyWrittenInJavaIsAskedByAWriter() {
        AtomicInteger asked = new AtomicInteger();
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                InfluxClient client = server.client()
                        .retry(failed -> {
                            if (asked.incrementAndGet() == 3) {
                                throw new IllegalStateException("policy");
                            }
                            return RetryDecision.sameEndpoint(Duration.ZERO);
                        })
                        .build()) {
            BatchWriter writer = client.batchWriter().start();
            writer.push(points(0, 1));
            UnsettledPointsException error = assertThrows(UnsettledPointsException.class, writer::flush);
            assertEquals(1, error.tally().unknown());
            assertEquals(3, asked.get());
            assertEquals(3, server.requests().size());
            assertEquals(1, writer.close(Duration.ofSeconds(20)).unknown());
        }
    }

    /** A listener that fails or is slow holds nothing up. */
    @Test
    void aListenerThatFailsIsToldTheNextBatchAllTheSame() {
        List<Long> told = Collections.synchronizedList(new ArrayList<>());
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter()
                        .listener(report -> {
                            told.add(report.number());
                            throw new IllegalStateException("listener");
                        })
                        .start()) {
            for (int i = 0; i < 3; i++) {
                writer.push(points(i, 1));
                writer.flush();
            }
            writer.close(Duration.ofSeconds(20));
            assertEquals(List.of(0L, 1L, 2L), told);
        }
    }

    @Test
    void aSpoolOutlivesItsWriter(@TempDir Path directory) {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT)) {
            try (RawServer dead = RawServer.replying(RawServer.error(503, "no"));
                    InfluxClient client = dead.client().build()) {
                BatchWriter writer =
                        client.batchWriter().spool(directory, 1 << 20).start();
                writer.push(points(0, 3));
                assertEquals(3, writer.close(Duration.ofMillis(100)).spooled());
            }
            try (InfluxClient client = server.client().build();
                    BatchWriter writer =
                            client.batchWriter().spool(directory, 1 << 20).start()) {
                writer.flush();
                assertEquals(3, writer.totals().recovered());
                batch.clear();
                batch.point("m").field("f", 1).serverTime();
                assertEquals(
                        PushException.Reason.UNTIMED,
                        assertThrows(PushException.class, () -> writer.push(batch))
                                .reason());
                assertEquals(
                        PushException.Reason.WOULD_WAIT,
                        assertThrows(PushException.class, () -> writer.tryPush(points(0, 1)))
                                .reason());
                assertEquals(
                        "Spool",
                        assertThrows(InvalidSettingsException.class, () -> client.batchWriter()
                                        .spool(directory, 1 << 20)
                                        .start())
                                .kind(),
                        "one writer a spool");
            }
            assertEquals(
                    3,
                    server.requests().stream()
                            .mapToLong(request -> request.text().lines().count())
                            .sum());
        }
    }

    @Test
    void aPushThatIsInterruptedClaimsNothingOfWhatTheSpoolMayKeep(@TempDir Path directory) throws Exception {
        Set<String> denied = new HashSet<>();
        int interrupted = 0;
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT)) {
            try (InfluxClient client = server.client().build();
                    BatchWriter writer =
                            client.batchWriter().spool(directory, 64 << 20).start()) {
                for (int i = 0; i < 5_000 && interrupted < 20; i++) {
                    AtomicReference<PushException> thrown = new AtomicReference<>();
                    points(i, 1);
                    Thread pusher = new Thread(() -> {
                        try {
                            writer.push(batch);
                        } catch (PushException e) {
                            thrown.set(e);
                        }
                    });
                    pusher.start();
                    while (pusher.isAlive() && pusher.getState() != Thread.State.WAITING) {
                        Thread.onSpinWait();
                    }
                    pusher.interrupt();
                    pusher.join();
                    if (thrown.get() != null) {
                        assertEquals(
                                PushException.Reason.INTERRUPTED, thrown.get().reason());
                        interrupted++;
                        if (thrown.get().outcome() == Outcome.NOT_STORED) {
                            denied.add("m f=" + i + "i " + (i + 1));
                        }
                    }
                }
                writer.flush();
            }
            assertTrue(interrupted > 0, "no push was interrupted");
            assertEquals(
                    List.of(),
                    server.requests().stream()
                            .flatMap(request -> request.text().lines())
                            .filter(denied::contains)
                            .collect(Collectors.toList()),
                    "sent, though it was said that they never would be");
        }
    }

    @Test
    void anInterruptBeforeATrackedPushOrAFlushIsToldAsWhatItIs() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                BatchWriter writer =
                        client.batchWriter().linger(Duration.ofHours(1)).start()) {
            points(0, 1);
            for (int i = 0; i < 100; i++) {
                Thread.currentThread().interrupt();
                PushException refused = assertThrows(PushException.class, () -> writer.pushTracked(batch));
                assertTrue(Thread.interrupted(), "it stays set");
                assertEquals(PushException.Reason.INTERRUPTED, refused.reason());
                assertEquals(Outcome.NOT_STORED, refused.outcome());
            }
            assertEquals(0, writer.totals().accepted());
            writer.push(points(0, 3));
            Thread.currentThread().interrupt();
            assertThrows(FlushInterruptedException.class, writer::flush);
            assertTrue(Thread.interrupted(), "it stays set");
            writer.flush();
            assertEquals(3, writer.totals().settled().stored(), "the points were sent all the same");
        }
    }

    @Test
    void settingsThatCannotWorkAreRefused() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = InfluxClient.builder(server.url()).build()) {
            assertEquals(
                    "NoDatabase",
                    assertThrows(InvalidSettingsException.class, () -> client.batchWriter()
                                    .start())
                            .kind());
            BatchWriterBuilder builder = client.batchWriter();
            for (Runnable call : List.<Runnable>of(
                    () -> builder.maxPoints(0),
                    () -> builder.maxBytes(0),
                    () -> builder.memory(0),
                    () -> builder.inFlight(0),
                    () -> builder.inFlight(65),
                    () -> builder.linger(Duration.ofNanos(-1)),
                    () -> builder.closeLimit(Duration.ofNanos(-1)),
                    () -> builder.spool(Path.of("x"), 0))) {
                assertThrows(IllegalArgumentException.class, call::run);
            }
            BatchWriterBuilder small = client.batchWriter().database("db").memory(4 << 10);
            InvalidSettingsException error = assertThrows(InvalidSettingsException.class, small::start);
            assertEquals("MemoryTooSmall", error.kind());
            try (BatchWriter writer = small.memory((4 << 10) + 1000).start()) {
                writer.push(points(0, 10));
                PushException large = assertThrows(PushException.class, () -> writer.push(points(0, 40)));
                assertEquals(PushException.Reason.TOO_LARGE, large.reason());
            }
        }
    }
}
