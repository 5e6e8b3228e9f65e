package application;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/** Points collected and written in batches, and what becomes of batches that fail. Batches are sent by flushes alone. */
public final class Batching extends Client {

    private static final BatchOptions SELDOM = BatchOptions.DEFAULTS.flushDuration(1_000_000);
    private static final String FAILS = "{\"error\":\"timeout\"}";

    private Batching(long seed) throws Exception {
        super(seed);
    }

    public static List<String> run(long seed, int count) throws Exception {
        Batching batching = new Batching(seed);
        try (Recorder closed = batching.server) {
            batching.options();
            batching.good();
            batching.once();
            batching.again();
        }
        return batching.trace.steps();
    }

    private static BiConsumer<Iterable<Point>, Throwable> told(List<String> told) {
        return (points, failure) -> {
            StringBuilder lines = new StringBuilder();
            points.forEach(point -> lines.append(point.lineProtocol()).append("; "));
            told.add(lines + failure(failure));
        };
    }

    private void options() {
        trace.step("defaults", () -> {
            BatchOptions o = BatchOptions.DEFAULTS;
            return o.getActions() + " " + o.getFlushDuration() + " " + o.getJitterDuration() + " " + o.getBufferLimit() + " "
                    + o.getPrecision() + " " + o.getConsistency() + " " + o.isDropActionsOnQueueExhaustion();
        });
        trace.step("changed", () -> {
            BatchOptions o = BatchOptions.DEFAULTS.actions(1).flushDuration(2).jitterDuration(3).bufferLimit(4)
                    .precision(TimeUnit.HOURS).consistency(ConsistencyLevel.ALL).dropActionsOnQueueExhaustion(true);
            return o.getActions() + " " + o.getFlushDuration() + " " + o.getJitterDuration() + " " + o.getBufferLimit() + " "
                    + o.getPrecision() + " " + o.getConsistency() + " " + o.isDropActionsOnQueueExhaustion();
        });
        step("twice", client -> client.enableBatch().enableBatch());
        step("flush nothing", client -> {
            client.flush();
            return null;
        });
        step("end nothing", client -> {
            client.disableBatch();
            return client.isBatchEnabled();
        });
        step("no actions", client -> client.enableBatch(0, 1, TimeUnit.SECONDS));
        step("no time", client -> client.enableBatch(1, 0, TimeUnit.SECONDS));
        step("no unit", client -> client.enableBatch(1, 1, null));
        step("no threads", client -> client.enableBatch(1, 1, TimeUnit.SECONDS, null));
        step("nobody to tell", client -> client.enableBatch(1, 1, TimeUnit.SECONDS, Executors.defaultThreadFactory(), null));
        step("no options", client -> client.enableBatch((BatchOptions) null));
        step("negative jitter", client -> client.enableBatch(SELDOM.jitterDuration(-1)));
        step("negative buffer", client -> client.enableBatch(SELDOM.bufferLimit(-1)));
        step("no options of threads", client -> client.enableBatch(SELDOM.threadFactory(null)));
        step("no options of handlers", client -> client.enableBatch(SELDOM.exceptionHandler(null)));
    }

    private void good() {
        server.noContent();
        step("flushed", client -> {
            client.setDatabase("db").enableBatch(SELDOM);
            for (int i = 1; i < 4; i++) {
                client.write(point(i));
            }
            List<String> before = server.requests();
            client.flush();
            client.flush();
            return before + " " + client.isBatchEnabled();
        });
        step("closed", client -> {
            client.setDatabase("db").enableBatch(SELDOM).write(point(1));
            return null;
        });
        step("ended", client -> {
            client.setDatabase("db").enableBatch(SELDOM).write(point(1));
            client.disableBatch();
            client.write(point(2));
            client.enableBatch(SELDOM).write(point(3));
            return server.requests();
        });
        step("in milliseconds at all", client -> {
            client.setDatabase("db").enableBatch(SELDOM.precision(TimeUnit.MILLISECONDS).consistency(ConsistencyLevel.ALL));
            client.write(point(1));
            return null;
        });
        step("full", client -> {
            client.setDatabase("db").enableBatch(SELDOM.actions(2));
            client.write(point(1));
            client.write(point(2));
            // In the background, as there are two: influxdb-java's flush does not wait for that.
            return server.requests(1);
        });
        step("two policies", client -> {
            client.enableBatch(SELDOM).write("db", "one", point(1));
            client.write("db", "two", point(2));
            client.write("db", "one", point(3));
            client.flush();
            List<String> sent = server.requests();
            sent.sort(null);
            return sent;
        });
        step("not in batches", client -> {
            client.setDatabase("db").enableBatch(SELDOM).write(point(1));
            client.write("direct v=1 1");
            client.write(BatchPoints.database("q").point(point(5)).build());
            client.writeWithRetry(BatchPoints.database("r").consistency(ConsistencyLevel.ALL).point(point(6)).build());
            return server.requests();
        });
        step("the database of the client when it is put", client -> {
            client.setDatabase("one").enableBatch(SELDOM).write(point(1));
            client.setDatabase("two").setRetentionPolicy("rp");
            client.flush();
            return server.requests();
        });
        step("level of the call", client -> {
            client.setDatabase("db").enableBatch(10, 1000, TimeUnit.SECONDS, Executors.defaultThreadFactory(),
                    (points, failure) -> { }, ConsistencyLevel.ALL);
            client.write(point(1));
            return null;
        });
        step("level of the client", client -> {
            client.setDatabase("db").setConsistency(ConsistencyLevel.QUORUM).enableBatch(SELDOM).write(point(1));
            return null;
        });
        step("names that read the same", client -> {
            client.enableBatch(SELDOM).write("a_b", "c", point(1));
            client.write("a", "b_c", point(2));
            client.flush();
            return server.requests();
        });
    }

    private void once() {
        server.answer(500, "", FAILS);
        step("once", client -> {
            List<String> told = new ArrayList<>();
            client.setDatabase("db").enableBatch(10, 1000, TimeUnit.SECONDS, Executors.defaultThreadFactory(), told(told));
            client.write(point(1));
            client.flush();
            client.flush();
            return told;
        });
        step("once, though to be tried again", client -> {
            client.enableBatch(10, 1000, TimeUnit.SECONDS);
            client.writeWithRetry(BatchPoints.database("q").point(point(5)).build());
            return null;
        });
        server.answer(request -> request.contains("first")
                ? Recorder.reply(500, "", FAILS.getBytes())
                : "HTTP/1.1 204 No Content\r\n\r\n".getBytes());
        step("once, one of two", client -> {
            List<String> told = new ArrayList<>();
            client.enableBatch(10, 1000, TimeUnit.SECONDS, Executors.defaultThreadFactory(), told(told));
            client.write("db", "first", point(1));
            client.write("db", "second", point(2));
            client.flush();
            return told;
        });
    }

    private void again() {
        server.answer(500, "", FAILS);
        step("again", client -> {
            List<String> told = new ArrayList<>();
            client.setDatabase("db").enableBatch(SELDOM.exceptionHandler(told(told)));
            client.write(point(1));
            client.flush();
            client.write(point(2));
            client.flush();
            client.write("x", "y", point(3));
            client.flush();
            server.noContent();
            client.write(point(4));
            client.flush();
            client.flush();
            return told;
        });
        server.answer(500, "", FAILS);
        step("given up when closed", client -> {
            List<String> told = new ArrayList<>();
            client.setDatabase("db").enableBatch(SELDOM.exceptionHandler(told(told)));
            client.write(point(1));
            client.flush();
            client.write("x", "y", point(2));
            client.flush();
            client.write(point(3));
            client.disableBatch();
            return told;
        });
        server.answer(500, "", FAILS);
        step("merged as long as it fits", client -> {
            client.setDatabase("db").enableBatch(SELDOM.actions(5).bufferLimit(100));
            for (int i = 1; i < 13; i++) {
                client.write(point(i));
                if (i % 2 == 0) {
                    client.flush();
                }
            }
            server.noContent();
            client.flush();
            return null;
        });
        server.answer(500, "", FAILS);
        step("pushed out", client -> {
            List<String> told = new ArrayList<>();
            client.setDatabase("db").enableBatch(SELDOM.actions(3).bufferLimit(4).exceptionHandler(told(told)));
            for (int i = 1; i < 10; i++) {
                client.write(point(i));
                if (i % 2 == 0) {
                    client.flush();
                }
            }
            client.disableBatch();
            return told;
        });
        server.answer(500, "", FAILS);
        step("closed twice", client -> {
            client.setDatabase("db").enableBatch(SELDOM).write(point(1));
            client.close();
            List<String> sent = server.requests();
            client.close();
            return sent.size();
        });
        server.answer(500, "", FAILS);
        step("whole batches again", client -> {
            client.enableBatch(SELDOM);
            client.writeWithRetry(BatchPoints.database("q").point(point(5)).build());
            client.writeWithRetry(BatchPoints.database("q").point(point(6)).build());
            server.noContent();
            client.flush();
            return null;
        });
        server.answer(404, "", "{\"error\":\"database not found: \\\"db\\\"\"}");
        step("refused for good", client -> {
            List<String> told = new ArrayList<>();
            client.setDatabase("db").enableBatch(SELDOM.exceptionHandler(told(told)));
            client.write(point(1));
            client.flush();
            client.write(point(2));
            client.flush();
            return told;
        });
        server.noContent();
    }
}
