package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.InfluxException;
import io.influxclient.Outcome;
import io.influxclient.PointBatch;
import io.influxclient.PushException;
import io.influxclient.WriteException;
import io.influxclient.WriteResult;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One thread closes while others are at work: every call ends, and says what it knows. */
class CloseRaceTest {

    /** A thousand times always, a hundred thousand times where time does not matter. */
    private static final int TIMES = Boolean.getBoolean("influx.long") ? 100_000 : 1_000;

    @Test
    void closingOnOneThreadWhileAnotherWrites() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (Server server = Server.storing();
                PointBatch first = point();
                PointBatch second = point()) {
            int acknowledged = 0;
            for (int i = 0; i < TIMES; i++) {
                InfluxClient client = server.client().build();
                CyclicBarrier start = new CyclicBarrier(3);
                Future<Boolean> sync = threads.submit(() -> {
                    start.await();
                    return ends(() -> client.write(first));
                });
                Future<Boolean> async = threads.submit(() -> {
                    start.await();
                    return ends(() -> client.writeAsync(second).join());
                });
                start.await();
                boolean interrupted = i % 2 == 1;
                if (interrupted) {
                    // Abandons what the other thread begins this moment.
                    Thread.currentThread().interrupt();
                }
                client.close();
                assertEquals(interrupted, Thread.interrupted());
                acknowledged += sync.get(30, TimeUnit.SECONDS) ? 1 : 0;
                acknowledged += async.get(30, TimeUnit.SECONDS) ? 1 : 0;
                assertThrows(IllegalStateException.class, () -> client.write(first));
            }
            assertTrue(acknowledged <= server.requests(), acknowledged + " acks, " + server.requests() + " requests");
            // Not in use any more: neither call has kept it.
            first.clear();
            second.clear();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void abandoningOnOneThreadWhileAnotherPushes() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (Server server = Server.storing();
                PointBatch batch = point()) {
            for (int i = 0; i < TIMES / 5; i++) {
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().listener(report -> {}).start();
                CyclicBarrier start = new CyclicBarrier(3);
                Future<?> pushes = threads.submit(() -> {
                    start.await();
                    for (int n = 0; n < 3; n++) {
                        try {
                            writer.push(batch);
                            writer.tryPush(batch);
                        } catch (PushException e) {
                            assertEquals(PushException.Reason.CLOSED, e.reason());
                        }
                        writer.totals();
                    }
                    return null;
                });
                Future<?> closes = threads.submit(() -> {
                    start.await();
                    writer.close();
                    return null;
                });
                start.await();
                client.close();
                pushes.get(30, TimeUnit.SECONDS);
                closes.get(30, TimeUnit.SECONDS);
                assertEquals(0, writer.totals().pending());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Cancelling from another thread leaves nothing behind and claims nothing that is not known. */
    @Test
    void cancellingFutureWhileItEnds() throws Exception {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                PointBatch batch = point()) {
            for (int i = 0; i < TIMES; i++) {
                CompletableFuture<WriteResult> write = client.writeAsync(batch);
                if (i % 2 == 0) {
                    Thread.onSpinWait();
                }
                write.cancel(true);
                try {
                    assertEquals(1, write.join().points());
                } catch (CancellationException e) {
                    assertTrue(write.isCancelled());
                }
            }
            Server.until("the buffer to be free", () -> {
                try {
                    batch.clear();
                    return true;
                } catch (IllegalStateException e) {
                    return false;
                }
            });
        }
    }

    private static PointBatch point() {
        PointBatch batch = PointBatch.create();
        batch.point("m").tag("host", "a").field("v", 1.5).at(1);
        return batch;
    }

    private interface Write {
        WriteResult run();
    }

    /** Whether the write was acknowledged; anything else but the two allowed ends is an error. */
    private static boolean ends(Write write) {
        try {
            return write.run().points() == 1;
        } catch (CompletionException e) {
            return judged((RuntimeException) e.getCause());
        } catch (IllegalStateException | InfluxException e) {
            return judged(e);
        }
    }

    private static boolean judged(RuntimeException e) {
        if (e instanceof WriteException) {
            Outcome outcome = ((WriteException) e).outcome();
            assertTrue(outcome == Outcome.UNKNOWN || outcome == Outcome.NOT_STORED, e::toString);
        } else {
            assertEquals(IllegalStateException.class, e.getClass());
        }
        return false;
    }
}
