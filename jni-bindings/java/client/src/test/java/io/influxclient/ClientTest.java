package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.internal.FrameReader;
import java.io.File;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The life of a client: settings, closing at any moment, faults within. */
@Timeout(120)
class ClientTest {

    private static final String CANARY = "S3cr3t-Canary-%40";

    private static PointBatch onePoint() {
        PointBatch batch = PointBatch.create();
        batch.point("m").field("f", 1).at(1);
        return batch;
    }

    @Test
    void settingsThatCannotWorkAreToldByKind() {
        assertKind("NoEndpoint", InfluxClient.builder());
        assertKind("Endpoint", InfluxClient.builder("http://a:1", "nonsense"));
        InvalidSettingsException error = assertThrows(InvalidSettingsException.class, () -> InfluxClient.builder(
                        "http://a:1", "ftp://" + CANARY + ":" + CANARY + "@b")
                .build());
        assertEquals(OptionalInt.of(1), error.endpointIndex());
        assertFalse(error.toString().contains("Canary"), error.toString());
        assertKind("UserName", InfluxClient.builder("http://a:1").basicAuth("a:b", "x"));
        assertKind("Token", InfluxClient.builder("http://a:1").token("ä".toCharArray()));
        assertKind("UserAgent", InfluxClient.builder("http://a:1").userAgent("a\nb"));
        assertKind("Proxy", InfluxClient.builder("http://a:1").proxy("nonsense"));
        assertKind("Tls", InfluxClient.builder("https://a:1").rootCertificates("nonsense".getBytes()));
    }

    private static void assertKind(String kind, InfluxClientBuilder builder) {
        assertEquals(
                kind,
                assertThrows(InvalidSettingsException.class, builder::build).kind());
    }

    @Test
    void credentialsAreSentAndNeverShown() {
        try (RawServer server = RawServer.replying(RawServer.error(401, "authorization failed"))) {
            char[] password = CANARY.toCharArray();
            InfluxClientBuilder builder = server.client().basicAuth("ü", password);
            Arrays.fill(password, '\0');
            try (InfluxClient client = builder.build();
                    PointBatch batch = onePoint()) {
                AuthException error = assertThrows(AuthException.class, () -> client.write(batch));
                String sent = Base64.getEncoder().encodeToString(("ü:" + CANARY).getBytes(StandardCharsets.UTF_8));
                assertTrue(server.requests().get(0).head.contains("Basic " + sent));
                for (String shown : List.of(
                        error.toString(),
                        builder.toString(),
                        client.toString(),
                        error.attempts().toString(),
                        error.endpoint().orElseThrow())) {
                    assertFalse(shown.contains("Canary") || shown.contains(sent), shown);
                }
            }
        }
    }

    @Test
    void afterItsCloseAClientRefusesCalls() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                PointBatch batch = onePoint()) {
            InfluxClient client = server.client().build();
            BatchWriterBuilder writer = client.batchWriter();
            client.close();
            client.close();
            assertThrows(IllegalStateException.class, () -> client.write(batch));
            assertThrows(IllegalStateException.class, () -> client.writeAsync(batch));
            assertThrows(IllegalStateException.class, () -> client.write(LineProtocol.of("m f=1")));
            assertThrows(IllegalStateException.class, () -> client.query("q"));
            assertThrows(IllegalStateException.class, () -> client.stream(Query.of("q")));
            assertThrows(IllegalStateException.class, client::ping);
            assertThrows(IllegalStateException.class, writer::start);
            assertEquals(List.of(), server.requests());
            batch.clear();
        }
    }

    @Test
    void closingWaitsForCallsUnderWay() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free));
                PointBatch batch = onePoint()) {
            InfluxClient client = server.client().build();
            CompletableFuture<WriteResult> future = client.writeAsync(batch);
            RawServer.until("the request", () -> !server.requests().isEmpty());
            Thread closer = new Thread(client::close);
            closer.start();
            RawServer.until("the close to wait", () -> closer.getState() == Thread.State.WAITING);
            assertThrows(IllegalStateException.class, () -> client.write(batch));
            assertFalse(future.isDone());
            free.countDown();
            closer.join();
            assertEquals(1, future.get(20, TimeUnit.SECONDS).points());
        }
    }

    @Test
    void anInterruptedCloseEndsTheCalls() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free));
                PointBatch batch = onePoint()) {
            InfluxClient client = server.client().build();
            CompletableFuture<WriteResult> future = client.writeAsync(batch);
            RawServer.until("the request", () -> !server.requests().isEmpty());
            Thread.currentThread().interrupt();
            client.close();
            assertTrue(Thread.interrupted());
            WriteException error =
                    (WriteException) future.handle((result, thrown) -> thrown).get(20, TimeUnit.SECONDS);
            assertEquals(Outcome.UNKNOWN, error.outcome());
        } finally {
            free.countDown();
        }
    }

    /** From a future, a policy and a listener, on an executor with a single thread. */
    @Test
    void callbacksMayCloseTheClient() throws Exception {
        try (RawServer server = RawServer.replying(RawServer.error(500, "timeout"));
                PointBatch batch = onePoint()) {
            InfluxClient first = server.client().executor(singleThread()).build();
            first.writeAsync(batch)
                    .handle((result, error) -> {
                        first.close();
                        return null;
                    })
                    .get(20, TimeUnit.SECONDS);
            assertThrows(IllegalStateException.class, () -> first.write(batch));

            AtomicReference<InfluxClient> second = new AtomicReference<>();
            second.set(server.client()
                    .executor(singleThread())
                    .retry(failed -> {
                        second.get().close();
                        return RetryDecision.sameEndpoint(Duration.ZERO);
                    })
                    .build());
            InfluxClient closing = second.get();
            WriteException error = assertThrows(
                    WriteException.class,
                    () -> closing.write(batch, WriteOptions.defaults().deadline(Duration.ofSeconds(2))));
            assertEquals(Outcome.UNKNOWN, error.outcome());

            InfluxClient third = server.client().executor(singleThread()).build();
            CountDownLatch told = new CountDownLatch(1);
            BatchWriter writer = third.batchWriter()
                    // The batch must not fail before it is flushed.
                    .linger(Duration.ofHours(1))
                    .listener(report -> {
                        try {
                            third.close();
                        } catch (UnsettledPointsException e) {
                            told.countDown();
                        }
                    })
                    .start();
            writer.push(batch);
            assertThrows(UnsettledPointsException.class, writer::flush);
            assertTrue(told.await(20, TimeUnit.SECONDS));
        }
    }

    private static Executor singleThread() {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "single");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** As many as a short test bears; more behind {@code -Dinflux.long=true}. */
    @Test
    void closingWhileManyThreadsWriteIsSafe() throws Exception {
        int rounds = Boolean.getBoolean("influx.long") ? 20_000 : 40;
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT)) {
            for (int round = 0; round < rounds; round++) {
                InfluxClient client = server.client().build();
                AtomicInteger written = new AtomicInteger();
                AtomicReference<Throwable> wrong = new AtomicReference<>();
                List<Thread> threads = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    Thread thread = new Thread(() -> {
                        try (PointBatch batch = onePoint()) {
                            while (true) {
                                client.write(batch);
                                written.incrementAndGet();
                            }
                        } catch (IllegalStateException e) {
                            // Closed, which is all that may happen.
                        } catch (RuntimeException | Error e) {
                            wrong.set(e);
                        }
                    });
                    threads.add(thread);
                    thread.start();
                }
                RawServer.until("writes", () -> written.get() > 3 || wrong.get() != null);
                client.close();
                for (Thread thread : threads) {
                    thread.join();
                }
                assertEquals(null, wrong.get());
            }
        }
    }

    /** Opens and closes: short, or 10^6 times behind {@code -Dinflux.long=true}. Memory and descriptors stay flat. */
    @Test
    void openingAndClosingLeaksNothing() throws Exception {
        int times = Boolean.getBoolean("influx.long") ? 1_000_000 : 2_000;
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                PointBatch batch = onePoint()) {
            openAndClose(server, batch, 500);
            long memory = residentPages();
            long files = openFiles();
            int threads = Thread.activeCount();
            openAndClose(server, batch, times);
            RawServer.until("threads to end", () -> Thread.activeCount() <= threads + 5);
            assertTrue(openFiles() <= files + 20, openFiles() + " files after " + files);
            long grown = (residentPages() - memory) * 4096 / 1024 / 1024;
            assertTrue(grown < 200, grown + " MiB more");
        }
    }

    private static void openAndClose(RawServer server, PointBatch batch, int times) {
        for (int i = 0; i < times; i++) {
            try (InfluxClient client = server.client().build()) {
                if (i % 100 == 0) {
                    client.write(batch);
                }
            }
        }
    }

    private static long residentPages() throws Exception {
        Path statm = Path.of("/proc/self/statm");
        return Files.exists(statm) ? Long.parseLong(Files.readString(statm).split(" ")[1]) : 0;
    }

    private static long openFiles() {
        String[] files = new File("/proc/self/fd").list();
        return files == null ? 0 : files.length;
    }

    @Test
    void aForgottenClientIsGivenBackButNotWhileItWorks() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free));
                PointBatch batch = onePoint()) {
            CompletableFuture<WriteResult> future = server.client().build().writeAsync(batch);
            RawServer.until("the request", () -> !server.requests().isEmpty());
            for (int i = 0; i < 5; i++) {
                System.gc();
            }
            assertFalse(future.isDone());
            free.countDown();
            assertEquals(1, future.get(20, TimeUnit.SECONDS).points());

            WeakReference<InfluxClient> forgotten =
                    new WeakReference<>(server.client().build());
            RawServer.until("the forgotten client to be garbage", () -> {
                System.gc();
                return forgotten.get() == null;
            });
            RawServer.until("its thread and those of other clients to end", () -> {
                // The first one may have become garbage only now.
                System.gc();
                return Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("influx-client-completions"));
            });
        }
    }

    @Test
    void aPanicIsAnExceptionAndPoisonsThatClientAlone() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                PointBatch batch = onePoint();
                InfluxClient other = server.client().build();
                InfluxClient client = server.client().mayProvoke().build()) {
            ProvokedCall inTask = new ProvokedCall(client);
            InternalException error = assertThrows(
                    InternalException.class,
                    () -> inTask.await(() -> client.nativeClient().startProvoke(inTask, 1)));
            assertFalse(error.getMessage().isEmpty());
            assertThrows(InternalException.class, () -> client.write(batch));
            assertEquals(1, other.write(batch).points());
            batch.clear();
        }
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().mayProvoke().build();
                InfluxClient innocent = server.client().build()) {
            ProvokedCall inMethod = new ProvokedCall(client);
            assertThrows(
                    InternalException.class,
                    () -> inMethod.await(() -> client.nativeClient().startProvoke(inMethod, 0)));
            assertThrows(InternalException.class, client::ping);
            ProvokedCall notAllowed = new ProvokedCall(innocent);
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> notAllowed.await(() -> innocent.nativeClient().startProvoke(notAllowed, 1)));
        }
    }

    private static final class ProvokedCall extends Call<Void> {

        ProvokedCall(InfluxClient client) {
            super(client, null);
        }

        @Override
        Void decode(int kind, FrameReader body) {
            throw new AssertionError("completion " + kind);
        }
    }

    @Test
    void allThreadsAreDaemons() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                InfluxClient client = server.client().build();
                PointBatch batch = onePoint()) {
            client.writeAsync(batch).join();
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                assertTrue(thread.isDaemon() || !thread.getName().startsWith("influx"), thread.getName());
            }
        }
    }
}
