package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes over the wire and what a write says of it. */
@Timeout(60)
class WriteTest {

    private final PointBatch batch = PointBatch.create();

    @AfterEach
    void giveBack() {
        batch.close();
    }

    private PointBatch onePoint() {
        batch.clear();
        batch.point("cpu")
                .tag("host", "ä b")
                .field("usage", 0.5)
                .field("s", "\"x\\")
                .at(1);
        return batch;
    }

    @Test
    void anAcknowledgementTellsWhatIsKnown() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client =
                        server.client().consistency(ConsistencyLevel.QUORUM).build()) {
            WriteResult result =
                    client.write(onePoint(), WriteOptions.defaults().retentionPolicy("r p"));
            assertEquals(
                    "POST /write?db=db&rp=r p&precision=n&consistency=quorum HTTP/1.1",
                    server.requests().get(0).line());
            assertEquals(
                    "cpu,host=ä\\ b usage=0.5,s=\"\\\"x\\\\\" 1\n",
                    server.requests().get(0).text());
            assertEquals(1, result.points());
            assertEquals(ConsistencyLevel.QUORUM, result.level());
            assertEquals(ConsistencyLevel.QUORUM, result.asked());
            assertEquals(server.url(), result.endpoint().orElseThrow());
            assertEquals(OptionalInt.of(204), result.status());
            assertEquals("id-1", result.requestId().orElseThrow());
            assertEquals("1.8.10", result.serverVersion().orElseThrow());
            assertEquals(1, result.attempts().size());
            assertEquals(Caveat.NO_CLUSTER, result.caveats().get(0).id());
        }
    }

    @Test
    void anEmptyBatchIsNotSent() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build()) {
            WriteResult result = client.write(batch);
            assertEquals(0, result.points());
            assertEquals(OptionalInt.empty(), result.status());
            assertEquals(List.of(), server.requests());
        }
    }

    @Test
    void aFailureTellsItsClassAndWhatIsKnown() {
        String message = "partial write: field type conflict: "
                + "input field \\\"usage\\\" on measurement \\\"cpu\\\" is type float,"
                + " already exists as type string dropped=1";
        try (RawServer server = RawServer.replying(RawServer.error(400, message));
                InfluxClient client = server.client().build()) {
            FieldTypeConflictException error =
                    assertThrows(FieldTypeConflictException.class, () -> client.write(onePoint()));
            assertEquals(WriteClass.TYPE_CONFLICT, error.writeClass());
            assertEquals(Outcome.PARTLY_STORED, error.outcome());
            assertEquals(Advice.FIX_POINTS, error.advice());
            assertEquals(Resend.NO, error.advice().resend());
            assertEquals(ConsistencyLevel.ONE, error.consistency());
            assertEquals(OptionalInt.empty(), error.acked());
            assertEquals(OptionalInt.empty(), error.required());
            assertEquals(OptionalInt.of(400), error.status());
            assertEquals("id-2", error.requestId().orElseThrow());
            assertEquals(message.replace("\\", ""), error.serverMessage().orElseThrow());
            assertEquals(1, error.tally().refused());
            LineFailure failure = error.lineFailures().get(0);
            assertEquals(OptionalInt.of(0), failure.index());
            assertEquals("FieldTypeConflict", failure.reason());
            assertEquals(WriteClass.TYPE_CONFLICT, failure.writeClass());
            assertEquals("usage", failure.details().get("field"));
            assertEquals("float", failure.details().get("input"));
            assertTrue(error.getMessage().contains("field type conflict"), error.getMessage());
        }
    }

    @Test
    void everyPartOfABatchThatNoServerTakesIsNamed() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build()) {
            batch.point("good").field("f", 1).at(1);
            batch.point("good").tag("time", "x").field("f", 2).at(2);
            batch.point("#comment").field("f", 2).at(2);
            batch.point("good").field("f", "now a text").at(3);
            InvalidPointException error = assertThrows(InvalidPointException.class, () -> client.write(batch));
            assertEquals(3, error.count());
            assertEquals("ReservedTime", error.points().get(0).kind());
            assertEquals("LeadingHash", error.points().get(1).kind());
            assertEquals("TypeFlip", error.points().get(2).kind());
            assertEquals(3, error.points().get(2).index());
            assertEquals(List.of(), server.requests(), "nothing was sent");
            assertEquals(4, batch.points());
        }
    }

    @Test
    void linesAreWrittenAsTheyAre() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build()) {
            LineProtocol lines = LineProtocol.of("m f=1 1\nm f=2").precision(Precision.SECONDS);
            assertEquals(2, client.write(lines.timeOfOthers(7)).points());
            assertEquals("m f=1 1\nm f=2 7\n", server.requests().get(0).text());
            assertEquals(
                    "POST /write?db=db&precision=s&consistency=one HTTP/1.1",
                    server.requests().get(0).line());
            client.write(lines.serverTime());
            assertEquals("m f=1 1\nm f=2\n", server.requests().get(1).text());
            client.write(LineProtocol.of("m f=1 1 1").unchecked());
            assertEquals("m f=1 1 1", server.requests().get(2).text().trim());
            InvalidPointException error =
                    assertThrows(InvalidPointException.class, () -> client.write(LineProtocol.of("m f=1 1\nm f= 1")));
            assertEquals(1, error.points().get(0).index());
            assertThrows(InvalidPointException.class, () -> LineProtocol.of("m f=\"\ud800\" 1"));
            byte[] some = "xxm f=1 1yy".getBytes(StandardCharsets.UTF_8);
            client.write(LineProtocol.of(some, 2, 7));
            assertEquals("m f=1 1\n", server.requests().get(3).text());
        }
    }

    @Test
    void timesOfNowIncrease() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                PointBatch seconds = PointBatch.create(Precision.SECONDS)) {
            for (int i = 0; i < 3; i++) {
                seconds.point("m").field("f", i).now();
            }
            client.write(seconds);
            String[] lines = server.requests().get(0).text().split("\n");
            long first = Long.parseLong(lines[0].split(" ")[2]);
            assertEquals(first + 2, Long.parseLong(lines[2].split(" ")[2]));
            assertTrue(Math.abs(first - System.currentTimeMillis() / 1000) < 5);
        }
    }

    @Test
    void aPolicyWrittenInJavaIsAsked() {
        AtomicReference<FailedAttempt> asked = new AtomicReference<>();
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                InfluxClient client = server.client()
                        .retry(failed -> {
                            asked.set(failed);
                            return failed.attempts() < 3
                                    ? RetryDecision.sameEndpoint(Duration.ZERO)
                                    : RetryDecision.giveUp();
                        })
                        .build()) {
            WriteTimeoutException error = assertThrows(WriteTimeoutException.class, () -> client.write(onePoint()));
            assertEquals(3, error.attempts().size());
            assertEquals(StopReason.POLICY, error.stopReason().orElseThrow());
            assertEquals(WriteClass.TIMEOUT, asked.get().writeClass());
            assertEquals(Outcome.UNKNOWN, asked.get().known());
            assertTrue(asked.get().isIdempotent() && asked.get().mayResend());
            assertEquals(1, asked.get().endpoints());
            assertEquals("timeout", asked.get().serverMessage().orElseThrow());
            assertEquals(3, server.requests().size());
            CompletionException wrapped = assertThrows(
                    CompletionException.class, () -> client.writeAsync(batch).join());
            assertEquals(WriteTimeoutException.class, wrapped.getCause().getClass());
            assertEquals(6, server.requests().size(), "writes that nobody waits for ask as well");
        }
    }

    /** What the policy throws is no reason to hide what happened to the points. */
    @Test
    void aPolicyThatFailsEndsTheRetryAndIsTold() {
        RuntimeException fault = new IllegalStateException("policy");
        Error worse = new AssertionError("worse");
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                InfluxClient client = server.client()
                        .retry(failed -> {
                            throw fault;
                        })
                        .build()) {
            WriteException error = assertThrows(WriteTimeoutException.class, () -> client.write(onePoint()));
            assertSame(fault, error.getSuppressed()[0]);
            error = assertThrows(
                    WriteTimeoutException.class,
                    () -> client.write(batch, WriteOptions.defaults().retry(failed -> {
                        throw worse;
                    })));
            assertSame(worse, error.getSuppressed()[0]);
            CompletableFuture<WriteResult> future = client.writeAsync(batch);
            ExecutionException wrapped = assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS));
            assertSame(fault, wrapped.getCause().getSuppressed()[0]);
            assertThrows(
                    WriteTimeoutException.class,
                    () -> client.write(batch, WriteOptions.defaults().retry(f -> null)));
            assertEquals(4, server.requests().size());
        }
    }

    @Test
    void aWeakerLevelIsToldAndAPolicyMayStandBeforeIt() {
        RetryPolicy once = failed -> failed.attempts() < 2 ? RetryDecision.sameEndpoint(Duration.ZERO) : null;
        try (RawServer server = new RawServer(request -> request.line().contains("consistency=one")
                        ? RawServer.NO_CONTENT
                        : RawServer.error(500, "partial write"));
                InfluxClient client = server.client()
                        .consistency(ConsistencyLevel.ALL)
                        .retry(RetryPolicies.downgradeTo(ConsistencyLevel.ONE).after(once))
                        .build()) {
            WriteResult result = client.write(onePoint());
            assertEquals(ConsistencyLevel.ONE, result.level());
            assertEquals(ConsistencyLevel.ALL, result.asked());
            assertEquals(3, result.attempts().size());
        }
    }

    @Test
    void anInterruptEndsTheCallWithWhatIsKnown() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> waitFor(free));
                InfluxClient client = server.client().build()) {
            Thread.currentThread().interrupt();
            WriteException error = assertThrows(WriteInterruptedException.class, () -> client.write(onePoint()));
            assertTrue(Thread.interrupted(), "the interrupt stays set");
            assertEquals(Outcome.NOT_STORED, error.outcome());
            assertEquals(1, error.tally().notStored());
            assertEquals(List.of(), server.requests());
            batch.clear();

            AtomicReference<WriteException> thrown = new AtomicReference<>();
            AtomicReference<Boolean> flag = new AtomicReference<>();
            onePoint();
            Thread writer = new Thread(() -> {
                thrown.set(assertThrows(WriteInterruptedException.class, () -> client.write(batch)));
                flag.set(Thread.interrupted());
            });
            writer.start();
            RawServer.until("the request", () -> !server.requests().isEmpty());
            writer.interrupt();
            writer.join();
            assertEquals(Outcome.UNKNOWN, thrown.get().outcome());
            assertEquals(1, thrown.get().tally().unknown());
            assertEquals(WriteClass.TIMEOUT, thrown.get().writeClass());
            assertEquals(true, flag.get());
            batch.clear();
        } finally {
            free.countDown();
        }
    }

    @Test
    void linesThatAreGivenUpAreCountedAsPoints() throws Exception {
        String[] lines = {
            "# c\n# d\n \n\nm f=\"a\nb\" 1\n",
            "m f=\"a\\\"\nb\",g=\"x\\\\\" 1\n#\"\n\t\nm,t=\"a f=1 2",
            "m f=1,a\"=2 1\nm f=\"#\n#\" 2",
            "",
        };
        int[] points = {1, 2, 2, 0};
        for (int i = 0; i < lines.length; i++) {
            assertEquals(points[i], LineProtocol.of(lines[i]).points(), lines[i]);
        }
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> waitFor(free));
                InfluxClient client = server.client().build()) {
            AtomicReference<WriteException> thrown = new AtomicReference<>();
            Thread writer = new Thread(() -> thrown.set(
                    assertThrows(WriteInterruptedException.class, () -> client.write(LineProtocol.of(lines[0])))));
            writer.start();
            RawServer.until("the request", () -> !server.requests().isEmpty());
            writer.interrupt();
            writer.join();
            assertEquals(1, thrown.get().tally().unknown());
            assertEquals(1, thrown.get().tally().total());
        } finally {
            free.countDown();
        }
    }

    static String waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return RawServer.NO_CONTENT;
    }

    @Test
    void aFutureCompletesOnTheExecutorAndCanBeCancelled() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        CountDownLatch listened = new CountDownLatch(1);
        AtomicReference<Thread> ran = new AtomicReference<>();
        try (RawServer server = new RawServer(request -> waitFor(request.text().startsWith("slow") ? free : listened));
                InfluxClient client = server.client()
                        .executor(task -> new Thread(task, "mine").start())
                        .build()) {
            CompletableFuture<Void> heard =
                    client.writeAsync(onePoint()).thenAccept(result -> ran.set(Thread.currentThread()));
            listened.countDown();
            heard.get(20, TimeUnit.SECONDS);
            assertEquals("mine", ran.get().getName());
            batch.clear();
            batch.point("slow").field("f", 1).at(1);
            CompletableFuture<WriteResult> future = client.writeAsync(batch);
            RawServer.until("the request", () -> server.requests().size() == 2);
            assertThrows(IllegalStateException.class, batch::clear, "the batch is under way");
            assertTrue(future.cancel(true));
            assertTrue(future.isCancelled());
            RawServer.until("the batch to be free", () -> {
                try {
                    batch.clear();
                    return true;
                } catch (IllegalStateException e) {
                    return false;
                }
            });
        } finally {
            listened.countDown();
            free.countDown();
        }
    }

    @Test
    void anExecutorThatTakesNoMoreLosesNothing() throws Exception {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client()
                        .executor(task -> {
                            throw new RejectedExecutionException();
                        })
                        .build()) {
            assertEquals(
                    1, client.writeAsync(onePoint()).get(20, TimeUnit.SECONDS).points());
        }
    }

    @Test
    void whatIsNotSentIsToldFromWhatIsInDoubt() {
        String nobody;
        try (RawServer server = RawServer.replying(null)) {
            nobody = server.url();
            try (InfluxClient client = server.client().build()) {
                WriteException error = assertThrows(WriteTimeoutException.class, () -> client.write(onePoint()));
                assertEquals(Outcome.UNKNOWN, error.outcome());
                assertEquals("Disconnected", error.kind());
                assertNotEquals(0, error.attempts().get(0).bytesSent());
            }
        }
        try (InfluxClient client = InfluxClient.builder(nobody)
                .database("db")
                .retry(RetryPolicies.none())
                .build()) {
            WriteException error = assertThrows(UnreachableException.class, () -> client.write(batch));
            assertEquals(Outcome.NOT_STORED, error.outcome());
            assertEquals(0, error.attempts().get(0).bytesSent());
            assertFalse(error.status().isPresent());
        }
    }

    @Test
    void nullIsRefusedEverywhere() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build()) {
            assertThrows(NullPointerException.class, () -> client.write((PointBatch) null));
            assertThrows(NullPointerException.class, () -> client.write(batch, null));
            assertThrows(NullPointerException.class, () -> client.writeAsync((PointBatch) null));
            assertThrows(NullPointerException.class, () -> client.writeAsync(batch, null));
            assertThrows(NullPointerException.class, () -> client.write((LineProtocol) null));
            assertThrows(NullPointerException.class, () -> client.write(LineProtocol.of("m f=1"), null));
            assertThrows(NullPointerException.class, () -> client.query((String) null));
            assertThrows(NullPointerException.class, () -> client.query((Query) null));
            assertThrows(NullPointerException.class, () -> client.stream(null));
            assertThrows(NullPointerException.class, () -> LineProtocol.of((String) null));
            assertThrows(NullPointerException.class, () -> LineProtocol.of((byte[]) null));
            assertThrows(IndexOutOfBoundsException.class, () -> LineProtocol.of(new byte[3], 1, 3));
            assertThrows(IndexOutOfBoundsException.class, () -> LineProtocol.of(new byte[3], -1, 2));
            assertThrows(IndexOutOfBoundsException.class, () -> LineProtocol.of(new byte[3], 1, Integer.MAX_VALUE));
            assertThrows(NullPointerException.class, () -> InfluxClient.builder((String) null));
            InfluxClientBuilder builder = InfluxClient.builder();
            for (Runnable call : List.<Runnable>of(
                    () -> builder.endpoint(null),
                    () -> builder.database(null),
                    () -> builder.retentionPolicy(null),
                    () -> builder.consistency(null),
                    () -> builder.basicAuth(null, "x"),
                    () -> builder.basicAuth("x", (String) null),
                    () -> builder.basicAuth("x", (char[]) null),
                    () -> builder.token(null),
                    () -> builder.retry(null),
                    () -> builder.retryBudget(null),
                    () -> builder.balance(null),
                    () -> builder.gzip(null),
                    () -> builder.userAgent(null),
                    () -> builder.rootCertificates(null),
                    () -> builder.identity(null, new byte[0]),
                    () -> builder.identity(new byte[0], null),
                    () -> builder.proxy(null),
                    () -> builder.executor(null),
                    () -> builder.deadline(null),
                    () -> builder.attemptTimeout(null),
                    () -> builder.connectTimeout(null),
                    () -> WriteOptions.defaults().database(null),
                    () -> WriteOptions.defaults().retentionPolicy(null),
                    () -> WriteOptions.defaults().consistency(null),
                    () -> WriteOptions.defaults().deadline(null),
                    () -> WriteOptions.defaults().retry(null),
                    () -> WriteOptions.defaults().gzip(null),
                    () -> WriteOptions.defaults().perShardGroup(null),
                    () -> Query.of(null),
                    () -> Query.of("q").bind(null, 1),
                    () -> Query.of("q").bind("x", (String) null),
                    () -> Query.of("q").epoch(null),
                    () -> client.batchWriter().overflow(null),
                    () -> client.batchWriter().listener(null))) {
                assertThrows(NullPointerException.class, call::run);
            }
            assertEquals(List.of(), server.requests());
        }
    }
}
