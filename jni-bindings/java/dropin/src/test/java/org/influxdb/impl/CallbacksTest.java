package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callbacks of an application that take their time, end what called them, or fail; and answers without a body. */
class CallbacksTest {

    private static final BatchOptions SELDOM = BatchOptions.DEFAULTS.flushDuration(1_000_000);
    private static final long LIMIT_SECONDS = 20;
    private static final int FAR_TOO_MANY = 100;

    private CannedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new CannedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Point point(int value) {
        return Point.measurement("m").addField("v", value).build();
    }

    /** Two points on their way to the server, which answers late, and two more in the queue: the next finds it full. */
    private void fillQueueOfTwo(InfluxDB client, CountDownLatch release, int status) throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        server.answer(request -> {
            asked.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return status == 204 ? new CannedServer.Reply(204, "") : CannedServer.Reply.error(status, "timeout");
        });
        client.write(point(1));
        client.write(point(2));
        assertTrue(asked.await(LIMIT_SECONDS, TimeUnit.SECONDS));
        client.write(point(3));
        client.write(point(4));
    }

    private long sent(String line) {
        return server.requests().stream()
                .filter(request -> request.body.lines().anyMatch(line::equals))
                .count();
    }

    @Test
    void closingDoesNotWaitForAThreadInTheHandlerOfDroppedPoints() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Thread writer;
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(
                    SELDOM.actions(2).dropActionsOnQueueExhaustion(true).droppedActionHandler(point -> {
                        inHandler.countDown();
                        try {
                            while (!closed.await(1, TimeUnit.MILLISECONDS) && sent("m v=1i") < FAR_TOO_MANY) {
                                Thread.onSpinWait();
                            }
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            fillQueueOfTwo(client, release, 500);
            writer = new Thread(() -> client.write(point(5)));
            writer.start();
            assertTrue(inHandler.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            release.countDown();
            assertTimeoutPreemptively(Duration.ofSeconds(LIMIT_SECONDS), client::disableBatch);
            assertTrue(writer.isAlive(), "it was waited for");
        } finally {
            closed.countDown();
        }
        writer.join();
        // The first try; with the two points behind it, by the scheduler or the closing; when closing, for the last
        // time.
        assertTrue(sent("m v=1i") <= 4, () -> "sent " + sent("m v=1i") + " times");
        assertTrue(sent("m v=3i") >= 1);
    }

    @Test
    void theHandlerOfDroppedPointsMayEndBatching() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(
                    SELDOM.actions(2).dropActionsOnQueueExhaustion(true).droppedActionHandler(point -> {
                        release.countDown();
                        client.disableBatch();
                    }));
            fillQueueOfTwo(client, release, 204);
            assertTimeoutPreemptively(Duration.ofSeconds(LIMIT_SECONDS), () -> client.write(point(5)));
            assertEquals(1, sent("m v=4i"));
        }
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("handler"), new AssertionError("handler"));
    }

    private static BiConsumer<Iterable<Point>, Throwable> failing(List<Point> told, Throwable failure) {
        return (points, why) -> {
            points.forEach(told::add);
            if (failure instanceof Error) {
                throw (Error) failure;
            }
            throw (RuntimeException) failure;
        };
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aHandlerThatFailsKeepsNobodyFromHearing(Throwable failure) {
        List<Point> told = Collections.synchronizedList(new ArrayList<>());
        server.answer(404, "{\"error\":\"database not found: \\\"db\\\"\"}");
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.exceptionHandler(failing(told, failure)));
            client.write("a", null, point(1));
            client.write("b", null, point(2));
            assertSame(failure, assertThrows(Throwable.class, client::flush));
            assertEquals(2, told.size());
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aHandlerThatFailsWhenClosingHearsOfWhatWasLeftOverToo(Throwable failure) {
        List<Point> told = Collections.synchronizedList(new ArrayList<>());
        server.answer(request -> request.body.contains("v=1i")
                ? CannedServer.Reply.error(404, "database not found: \"db\"")
                : CannedServer.Reply.error(500, "timeout"));
        try (InfluxDB client = server.client(false)) {
            client.enableBatch(SELDOM.exceptionHandler(failing(told, failure)));
            client.write("a", null, point(1));
            client.write("b", null, point(2));
            assertSame(failure, assertThrows(Throwable.class, client::disableBatch));
            assertEquals(2, told.size());
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatAHandlerThrowsInTheBackgroundIsLogged(Throwable failure) throws InterruptedException {
        List<Point> told = Collections.synchronizedList(new ArrayList<>());
        server.answer(404, "{\"error\":\"database not found: \\\"db\\\"\"}");
        try (Log log = new Log(BatchProcessor.class);
                InfluxDB client = server.client(false)) {
            // The second point makes a batch.
            client.enableBatch(SELDOM.actions(2).exceptionHandler(failing(told, failure)));
            client.write("a", null, point(1));
            client.write("b", null, point(2));
            assertSame(failure, log.next());
            assertSame(failure, log.next());
            assertEquals(2, told.size());
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatTheReceiverOfAResultThrowsIsLogged(Throwable failure) throws InterruptedException {
        server.answer(200, "{\"results\":[]}");
        try (Log log = new Log(AsyncLane.class);
                InfluxDB client = server.client(false)) {
            client.query(
                    new Query("SHOW DATABASES"),
                    result -> failing(new ArrayList<>(), failure).accept(List.of(), null),
                    unexpected -> {});
            assertSame(failure, log.next());
            server.answer(500, "");
            client.query(new Query("SHOW DATABASES"), result -> {}, why -> failing(new ArrayList<>(), failure)
                    .accept(List.of(), why));
            assertSame(failure, log.next());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aQueryAnsweredWithoutABodyHasNoResult(boolean intercepted) throws InterruptedException {
        server.answer(204, "");
        BlockingQueue<Optional<QueryResult>> received = new LinkedBlockingQueue<>();
        try (InfluxDB client = server.client(intercepted)) {
            assertNull(client.query(new Query("SHOW DATABASES")));
            client.query(
                    new Query("SHOW DATABASES"),
                    result -> received.add(Optional.ofNullable(result)),
                    failure -> received.add(Optional.of(new QueryResult())));
            assertEquals(Optional.empty(), received.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
        }
    }

    /** What a class logs with a failure, instead of on the console. */
    private static final class Log extends Handler implements AutoCloseable {

        private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        private final Logger logger;

        Log(Class<?> by) {
            logger = Logger.getLogger(by.getName());
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }

        Throwable next() throws InterruptedException {
            Throwable failure = failures.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertNotNull(failure, "nothing was logged");
            return failure;
        }

        @Override
        public void publish(LogRecord record) {
            if (record.getThrown() != null) {
                failures.add(record.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
            logger.setUseParentHandlers(true);
        }
    }
}
