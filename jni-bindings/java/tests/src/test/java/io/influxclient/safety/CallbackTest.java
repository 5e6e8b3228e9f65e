package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchReport;
import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicy;
import io.influxclient.WriteException;
import io.influxclient.WriteResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Code of the application that the client calls, and that calls the client back, throws, or ends it. */
public class CallbackTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static PointBatch point() {
        PointBatch batch = PointBatch.create();
        batch.point("m").field("v", 1.5).at(1);
        return batch;
    }

    /** Throws what the compiler would not let pass, as a language without checked exceptions may. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> RuntimeException sneaky(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private static Server overloaded() {
        return new Server(body -> Server.error(503, "timeout"));
    }

    @Test
    void aPolicyThatClosesTheClientEndsItsWriteAndNothingHangs() {
        AtomicReference<InfluxClient> self = new AtomicReference<>();
        RetryPolicy closing = failed -> {
            self.get().close();
            return RetryDecision.nextEndpoint(Duration.ZERO);
        };
        for (boolean async : new boolean[] {false, true}) {
            try (Server server = overloaded();
                    PointBatch batch = point()) {
                InfluxClient client = server.client().retry(closing).build();
                self.set(client);
                assertTimeoutPreemptively(LIMIT, () -> {
                    if (async) {
                        CompletionException e = assertThrows(CompletionException.class, () -> client.writeAsync(batch)
                                .join());
                        assertTrue(e.getCause() instanceof WriteException, e::toString);
                    } else {
                        assertThrows(WriteException.class, () -> client.write(batch));
                    }
                    client.close();
                });
                assertThrows(IllegalStateException.class, () -> client.write(batch));
            }
        }
    }

    @Test
    void aPolicyMayWriteWithItsOwnClient() {
        AtomicReference<InfluxClient> self = new AtomicReference<>();
        AtomicInteger asked = new AtomicInteger();
        AtomicReference<WriteResult> inner = new AtomicReference<>();
        RetryPolicy writing = failed -> {
            if (asked.incrementAndGet() == 1) {
                PointBatch other = PointBatch.create();
                other.point("audit").field("v", 1L).at(2);
                inner.set(self.get().write(other));
            }
            return RetryDecision.giveUp();
        };
        try (Server server =
                        new Server(body -> body.startsWith("audit") ? Server.STORED : Server.error(503, "timeout"));
                PointBatch batch = point();
                InfluxClient client = server.client().retry(writing).build()) {
            self.set(client);
            assertTimeoutPreemptively(LIMIT, () -> {
                assertThrows(WriteException.class, () -> client.write(batch));
                assertEquals(1, inner.get().points());
                asked.set(0);
                inner.set(null);
                assertThrows(CompletionException.class, () -> client.writeAsync(batch)
                        .join());
                assertEquals(1, inner.get().points());
            });
        }
    }

    @Test
    void aPolicyThatThrowsAnythingGivesUpAndTheWriteTellsBoth() {
        for (Throwable thrown : new Throwable[] {
            new IllegalStateException("policy"),
            new StackOverflowError("policy"),
            new IOException("policy"),
            new AssertionError("policy"),
            new Throwable("policy")
        }) {
            RetryPolicy throwing = failed -> {
                throw CallbackTest.<RuntimeException>sneaky(thrown);
            };
            try (Server server = overloaded();
                    PointBatch batch = point();
                    InfluxClient client = server.client().retry(throwing).build()) {
                assertTimeoutPreemptively(LIMIT, () -> {
                    WriteException e = assertThrows(WriteException.class, () -> client.write(batch), thrown::toString);
                    assertSame(thrown, e.getSuppressed()[0]);
                    CompletionException later = assertThrows(CompletionException.class, () -> client.writeAsync(batch)
                            .join());
                    assertSame(thrown, later.getCause().getSuppressed()[0]);
                });
            }
        }
    }

    @Test
    void aPolicyThatAnswersNothingGivesUp() {
        try (Server server = overloaded();
                PointBatch batch = point();
                InfluxClient client = server.client().retry(failed -> null).build()) {
            assertThrows(WriteException.class, () -> client.write(batch));
            assertEquals(1, server.requests());
        }
    }

    @Test
    void aPolicyThatIsInterruptedEndsItsWrite() {
        RetryPolicy interrupting = failed -> {
            Thread.currentThread().interrupt();
            return RetryDecision.nextEndpoint(Duration.ofSeconds(30));
        };
        try (Server server = overloaded();
                PointBatch batch = point();
                InfluxClient client = server.client().retry(interrupting).build()) {
            assertTimeoutPreemptively(LIMIT, () -> {
                assertThrows(WriteException.class, () -> client.write(batch));
                assertTrue(Thread.interrupted(), "the interrupt is set again");
            });
        }
    }

    /** What a listener does to its writer, in each of the ways in which that may go wrong. */
    @Test
    void aListenerMayCloseWriteAndThrow() throws Exception {
        AtomicReference<InfluxClient> client = new AtomicReference<>();
        AtomicReference<BatchWriter> writer = new AtomicReference<>();
        ConcurrentLinkedQueue<Consumer<BatchReport>> actions = new ConcurrentLinkedQueue<>();
        CountDownLatch closed = new CountDownLatch(1);
        actions.add(report -> {
            throw new IllegalStateException("listener");
        });
        actions.add(report -> {
            throw CallbackTest.<RuntimeException>sneaky(new IOException("listener"));
        });
        actions.add(report -> {
            throw new AssertionError("listener");
        });
        actions.add(report -> {
            PointBatch batch = point();
            assertEquals(1, client.get().write(batch).points());
            batch.close();
        });
        actions.add(report -> {
            writer.get().close();
            client.get().close();
            closed.countDown();
        });
        AtomicInteger reports = new AtomicInteger();
        int all = actions.size();
        try (Server server = Server.storing();
                PointBatch batch = point()) {
            client.set(server.client().build());
            writer.set(client.get()
                    .batchWriter()
                    .linger(Duration.ZERO)
                    .listener(report -> {
                        reports.incrementAndGet();
                        actions.remove().accept(report);
                    })
                    .start());
            for (int i = 1; i <= all; i++) {
                int number = i;
                writer.get().push(batch);
                Server.until("report " + i, () -> reports.get() == number);
            }
            assertTrue(closed.await(20, TimeUnit.SECONDS), "the listener closed the client that called it");
            assertThrows(IllegalStateException.class, () -> client.get().write(batch));
        }
    }

    @Test
    void aContinuationMayWriteAndCloseAndThrow() {
        try (Server server = Server.storing();
                PointBatch batch = point();
                PointBatch other = point()) {
            InfluxClient client = server.client().build();
            assertTimeoutPreemptively(LIMIT, () -> {
                CompletableFuture<Long> written = client.writeAsync(batch)
                        .thenApply(result -> client.write(other).points());
                assertEquals(1, written.join());
                CompletableFuture<Void> failed = client.writeAsync(batch).thenAccept(result -> {
                    throw CallbackTest.<RuntimeException>sneaky(new IOException("continuation"));
                });
                assertTrue(assertThrows(CompletionException.class, failed::join).getCause() instanceof IOException);
                client.writeAsync(batch).thenRun(client::close).join();
                client.close();
            });
            assertThrows(IllegalStateException.class, () -> client.write(batch));
        }
    }

    /**
     * An executor that runs everything on the thread that calls it is the thread of the completions, on which nothing may wait for
     * another completion: that is refused, instead of waiting for ever.
     */
    @Test
    void onTheThreadOfTheCompletionsACallThatWaitsIsRefused() {
        try (Server server = Server.storing();
                PointBatch batch = point();
                PointBatch other = point()) {
            InfluxClient client = server.client().executor(Runnable::run).build();
            BatchWriter writer = client.batchWriter().start();
            assertTimeoutPreemptively(LIMIT, () -> {
                server.holdAnswers();
                CompletableFuture<WriteResult> first = client.writeAsync(batch);
                CompletableFuture<Long> waits =
                        first.thenApply(result -> client.write(other).points());
                CompletableFuture<Void> flushes = first.thenRun(writer::flush);
                CompletableFuture<Void> pushes = first.thenRun(() -> writer.pushTracked(other));
                CompletableFuture<Void> asks = first.thenRun(() -> client.query("SHOW DATABASES"));
                CompletableFuture<Void> pings = first.thenRun(client::ping);
                CompletableFuture<WriteResult> goesOn = first.thenCompose(result -> client.writeAsync(other));
                server.release();
                for (CompletableFuture<?> future : new CompletableFuture<?>[] {waits, flushes, pushes, asks, pings}) {
                    Throwable e = assertThrows(CompletionException.class, future::join)
                            .getCause();
                    assertEquals(IllegalStateException.class, e.getClass(), e::toString);
                }
                assertEquals(1, goesOn.join().points(), "what does not wait is allowed");
                client.close();
            });
            assertFalse(server.requests() < 2);
        }
    }

    @Test
    void anExecutorThatThrowsLosesNothing() {
        for (Throwable thrown : new Throwable[] {
            new IllegalStateException("executor"), new IOException("executor"), new OutOfMemoryError("executor")
        }) {
            try (Server server = Server.storing();
                    PointBatch batch = point();
                    InfluxClient client = server.client()
                            .executor(code -> {
                                throw CallbackTest.<RuntimeException>sneaky(thrown);
                            })
                            .build()) {
                assertTimeoutPreemptively(LIMIT, () -> {
                    assertEquals(
                            1,
                            client.writeAsync(batch).get(10, TimeUnit.SECONDS).points());
                    assertEquals(1, client.write(batch).points());
                });
            }
        }
    }

    @Test
    void anInterruptThatIsPendingBeforeTheCallIsToldAsNotSent() {
        try (Server server = Server.storing();
                PointBatch batch = point();
                InfluxClient client = server.client().build()) {
            Thread.currentThread().interrupt();
            WriteException e = assertThrows(WriteException.class, () -> client.write(batch));
            assertTrue(Thread.interrupted(), "the interrupt is still set");
            assertEquals(io.influxclient.Outcome.NOT_STORED, e.outcome());
            assertEquals(0, server.requests());
            Thread.currentThread().interrupt();
            assertThrows(RuntimeException.class, () -> client.query("SHOW DATABASES"));
            assertTrue(Thread.interrupted());
            assertEquals(0, server.requests());
            assertEquals(1, client.write(batch).points());
        }
    }
}
