package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import okhttp3.OkHttpClient;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.LogLevel;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of influxdb-java that one client alone can show, each by its name; and that legacy mode brings them back. */
class FixedFaultsTest {

    private static final BatchOptions SELDOM = BatchOptions.DEFAULTS.flushDuration(1_000_000);
    private static final long LIMIT_SECONDS = 20;

    private CannedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new CannedServer();
    }

    @AfterEach
    void stop() {
        System.clearProperty(Legacy.PROPERTY);
        Thread.interrupted();
        server.close();
    }

    private static Point point(String name, int value) {
        return Point.measurement(name)
                .addField("v", value)
                .time(value, TimeUnit.SECONDS)
                .build();
    }

    private static List<String> lines(Iterable<Point> points) {
        List<String> lines = new ArrayList<>();
        points.forEach(point -> lines.add(point.lineProtocol()));
        return lines;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDefaultThreadKeepsNoJvmAlive(boolean legacy) throws InterruptedException {
        System.setProperty(Legacy.PROPERTY, String.valueOf(legacy));
        BlockingQueue<Boolean> daemon = new LinkedBlockingQueue<>();
        server.answer(500, "");
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(BatchOptions.DEFAULTS
                    .flushDuration(1)
                    .bufferLimit(0)
                    .exceptionHandler((points, failure) ->
                            daemon.add(Thread.currentThread().isDaemon())));
            client.write(point("m", 1));
            assertEquals(!legacy, daemon.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptOfAWaitingWriterStaysSet(boolean legacy) throws InterruptedException {
        System.setProperty(Legacy.PROPERTY, String.valueOf(legacy));
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        server.answer(request -> {
            asked.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new CannedServer.Reply(204, "");
        });
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.actions(2));
            Thread writer = Thread.currentThread();
            // The first two are on their way when the server is asked, two more fill the queue, and the fifth waits.
            client.write(point("m", 1));
            client.write(point("m", 2));
            assertTrue(asked.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            client.write(point("m", 3));
            client.write(point("m", 4));
            Thread interrupting = new Thread(() -> {
                while (writer.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                writer.interrupt();
            });
            interrupting.start();
            RuntimeException failure = assertThrows(RuntimeException.class, () -> client.write(point("m", 5)));
            assertInstanceOf(InterruptedException.class, failure.getCause());
            // Taken away for the join, which would throw, and put back: the client is closed by an interrupted thread.
            assertEquals(!legacy, Thread.interrupted());
            interrupting.join(LIMIT_SECONDS * 1000);
            release.countDown();
            if (!legacy) {
                Thread.currentThread().interrupt();
            }
        }
        Thread.interrupted();
        assertEquals(
                4,
                server.requests().stream()
                        .flatMap(request -> request.body.lines())
                        .count(),
                "an interrupted thread that closes loses no points");
    }

    @Test
    void aBatchRefusedForGoodIsNotSentForEver() {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        server.answer(request -> request.body.contains("bad")
                ? CannedServer.Reply.error(
                        400,
                        "partial write: max-values-per-tag limit exceeded (1/1):"
                                + " measurement=\"bad\" tag=\"h\" value=\"b\" dropped=1")
                : new CannedServer.Reply(204, ""));
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.exceptionHandler((points, failure) -> told.addAll(lines(points))));
            client.write("bad", null, point("bad", 1));
            client.flush();
            client.write(point("good", 2));
            client.flush();
            client.write(point("good", 3));
            client.flush();
        }
        assertEquals(List.of("bad v=1i 1000000000"), told);
        assertEquals(
                1,
                server.requests().stream()
                        .filter(request -> request.body.contains("bad"))
                        .count());
    }

    @Test
    void pointsThatAreStoredAreNotHandedOverAsFailed() {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        // A server that refuses one point and stores the others, however they are cut.
        server.answer(request -> request.body.contains("bad")
                ? CannedServer.Reply.error(
                        400,
                        "partial write: field type conflict: input field \"v\" on measurement \"bad\" is type integer,"
                                + " already exists as type float dropped=1")
                : new CannedServer.Reply(204, ""));
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.exceptionHandler((points, failure) -> told.addAll(lines(points))));
            for (int i = 1; i <= 5; i++) {
                client.write(point(i == 3 ? "bad" : "good", i));
            }
            client.flush();
        }
        assertEquals(List.of("bad v=3i 3000000000"), told);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBatchThatIsTooLargeIsHalved(boolean intercepted) {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        List<String> stored = Collections.synchronizedList(new ArrayList<>());
        server.answer(request -> {
            if (request.body.lines().count() > 2) {
                return CannedServer.Reply.error(413, "Request Entity Too Large");
            }
            request.body.lines().forEach(stored::add);
            return new CannedServer.Reply(204, "");
        });
        try (InfluxDB client = server.client(intercepted)) {
            client.enableBatch(SELDOM.exceptionHandler((points, failure) -> told.addAll(lines(points))));
            for (int i = 1; i <= 7; i++) {
                client.write(point("m", i));
            }
            client.flush();
        }
        assertEquals(List.of(), told);
        assertEquals(7, stored.size());
    }

    @Test
    void aPointThatFindsTheQueueFullIsDroppedAndTold() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        server.answer(request -> {
            asked.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new CannedServer.Reply(204, "");
        });
        List<String> dropped = new ArrayList<>();
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.actions(2)
                    .dropActionsOnQueueExhaustion(true)
                    .droppedActionHandler(point -> dropped.add(point.lineProtocol())));
            client.write(point("m", 1));
            client.write(point("m", 2));
            assertTrue(asked.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            for (int i = 3; i <= 6; i++) {
                client.write(point("m", i));
            }
            release.countDown();
        }
        assertEquals(List.of("m v=5i 5000000000", "m v=6i 6000000000"), dropped);
    }

    @Test
    void pointsOfManyThreadsAllArriveThoughBatchingEndsMeanwhile() throws Exception {
        int threads = 8;
        int each = 200;
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.actions(16));
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int from = i * each;
                writers.add(new Thread(() -> {
                    for (int k = 0; k < each; k++) {
                        client.write(point("m", from + k));
                    }
                }));
            }
            writers.forEach(Thread::start);
            client.disableBatch();
            for (Thread writer : writers) {
                writer.join();
            }
        }
        assertEquals(
                threads * each,
                server.requests().stream()
                        .flatMap(request -> request.body.lines())
                        .distinct()
                        .count());
    }

    @Test
    void passwordsAreNotLogged() {
        List<String> logged = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(OkHttpClient.class.getName());
        boolean parents = logger.getUseParentHandlers();
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        server.answer(200, "{\"results\":[]}");
        try (InfluxDB client = server.client(false)) {
            client.setLogLevel(LogLevel.FULL);
            client.query(new Query("CREATE USER bob WITH PASSWORD 'secret 1'", null, true));
            client.query(new Query("SET PASSWORD FOR \"bob\" = 'secret 2'"));
            client.ping();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(parents);
        }
        String all = String.join("\n", logged);
        assertTrue(
                all.contains("CREATE+USER") && all.contains("SET+PASSWORD") && all.contains("{\"results\":[]}"), all);
        assertFalse(all.contains("secret"), all);
        assertFalse(all.contains("Basic"), all);
        assertTrue(all.contains("[REDACTED]"), all);
    }

    @Test
    void datagramsHaveOnePointEachAndTheirTimesAreNanoseconds() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                InfluxDB client = server.client(false)) {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
            int port = socket.getLocalPort();
            client.write(port, point("m", 1));
            client.write(port, List.of("a v=1", "b v=2"));
            client.enableBatch(SELDOM);
            client.write(port, point("m", 3));
            client.write(port, point("m", 4));
            client.flush();
            List<String> received = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                DatagramPacket packet = new DatagramPacket(new byte[1000], 1000);
                socket.receive(packet);
                received.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
            }
            assertEquals(
                    List.of("m v=1i 1000000000", "a v=1\nb v=2", "m v=3i 3000000000", "m v=4i 4000000000"), received);
            assertTrue(server.requests().isEmpty());
        }
    }
}
