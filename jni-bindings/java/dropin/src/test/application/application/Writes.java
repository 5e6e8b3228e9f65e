package application;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDB.LogLevel;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;

/** Every way to write at once, and the servers' answers. */
public final class Writes extends Client {

    private Writes(long seed) throws Exception {
        super(seed);
    }

    public static List<String> run(long seed, int count) throws Exception {
        Writes writes = new Writes(seed);
        try (Recorder closed = writes.server) {
            writes.ways();
            writes.batches();
            writes.answers();
            writes.connections();
        }
        return writes.trace.steps();
    }

    private void ways() {
        step("point", client -> {
            client.setDatabase("d b&c").write(point(1));
            return client.isBatchEnabled();
        });
        step("point without policy", client -> {
            client.setDatabase("db").setRetentionPolicy(null).write(point(1));
            return null;
        });
        step("point at the level of the client", client -> {
            client.setDatabase("db").setConsistency(ConsistencyLevel.ALL).write(point(1));
            return null;
        });
        step("point to", client -> {
            client.write("db", "rp", point(1));
            client.write("db", null, point(1));
            return null;
        });
        step("text", client -> {
            client.setDatabase("db").setRetentionPolicy("r p").setConsistency(ConsistencyLevel.QUORUM).write("m v=1");
            client.write(Arrays.asList("m v=1", "m v=2"));
            return null;
        });
        step("no text", client -> {
            client.setDatabase("db").write((String) null);
            return null;
        });
        step("empty text", client -> {
            client.setDatabase("db").write("");
            client.write(new ArrayList<String>());
            return null;
        });
        step("text to", client -> {
            client.write("db", "rp", ConsistencyLevel.ANY, "m v=1");
            client.write("db", null, ConsistencyLevel.ONE, Arrays.asList("m v=1 1", "m v=2 2\n"));
            return null;
        });
        step("no level", client -> {
            client.write("db", null, null, "m v=1");
            return null;
        });
        for (TimeUnit unit : TimeUnit.values()) {
            step("text in " + unit, client -> {
                client.write("db", "rp", ConsistencyLevel.QUORUM, unit, "m v=1 1");
                client.write("db", "rp", ConsistencyLevel.QUORUM, unit, Arrays.asList("m v=1 1", "n v=2 2"));
                return null;
            });
        }
        step("no unit", client -> {
            client.write("db", "rp", ConsistencyLevel.ONE, (TimeUnit) null, "m v=1 1");
            return null;
        });
        step("compressed", client -> {
            client.setDatabase("db").enableGzip().write("m v=1 1");
            boolean on = client.isGzipEnabled();
            client.write(BatchPoints.database("db").point(point(1)).build());
            client.disableGzip().write("m v=1 1");
            return on + " " + client.isGzipEnabled();
        });
    }

    private void batches() {
        step("batch", client -> {
            client.write(BatchPoints.database("db")
                    .retentionPolicy("rp")
                    .tag("x", "y")
                    .point(point(1))
                    .points(point(2), point(3))
                    .precision(TimeUnit.MILLISECONDS)
                    .consistency(ConsistencyLevel.ALL)
                    .build());
            return null;
        });
        step("batch without a database", client -> {
            client.setDatabase("own").setRetentionPolicy("own").write(BatchPoints.builder().point(point(1)).build());
            return null;
        });
        step("batch without points", client -> {
            client.write(BatchPoints.database("db").build());
            return null;
        });
        step("batch to be tried again without batching", client -> {
            client.writeWithRetry(BatchPoints.database("db").point(point(1)).build());
            return null;
        });
    }

    private void answers() {
        String[][] answers = {
            {"404", "database not found: \\\"x\\\""},
            {"400", "unable to parse 'm v=': missing field value"},
            {"400", "partial write: field type conflict: input field \\\"v\\\" on measurement \\\"m\\\" is type float, already exists as type integer dropped=1"},
            {"400", "partial write: points beyond retention policy dropped=1"},
            {"500", "timeout"},
            {"500", "write failed"},
            {"500", "partial write"},
            {"500", "engine: cache-max-memory-size exceeded: (2/1)"},
            {"403", "\\\"u\\\" user is not authorized to write to database \\\"d\\\""},
            {"401", "authorization failed"},
            {"400", "partial write: max-values-per-tag limit exceeded (1/1): measurement=\\\"m\\\" tag=\\\"h\\\" value=\\\"a\\\" dropped=1"},
            {"400", "invalid consistency level"},
            {"401", "unable to parse authentication credentials"},
            {"500", "retention policy not found: zz"},
            {"413", "Request Entity Too Large"},
            {"503", "request throttled, queue full"},
            {"500", "write failed: hinted handoff queue not empty"},
            {"500", "something that nobody knows"},
        };
        for (String[] answer : answers) {
            server.answer(Integer.parseInt(answer[0]), "Content-Type: application/json\r\n",
                    "{\"error\":\"" + answer[1] + "\"}\n");
            step("answered " + answer[0] + " " + answer[1], client -> {
                client.write("db", "rp", ConsistencyLevel.ONE, "m v=1 1");
                return null;
            });
        }
        server.answer(200, "", "");
        step("answered 200", client -> {
            client.write("db", "rp", ConsistencyLevel.ONE, "m v=1 1");
            return null;
        });
        server.noContent();
    }

    private void connections() {
        for (String url : new String[] {"", null, "nope", "http://nosuchhost.invalid:1", "http://[::1]:99999",
            "http://127.0.0.1:1/path"}) {
            trace.step("connect to " + url, () -> {
                try {
                    InfluxDBFactory.connect(url).close();
                    return "connected";
                } catch (RuntimeException e) {
                    return e.getClass() + " " + (e.getCause() == null ? "" : e.getCause().getClass());
                }
            });
        }
        trace.step("connect as nobody", () -> InfluxDBFactory.connect(server.url(), "", "x"));
        trace.step("connect without settings", () -> InfluxDBFactory.connect(server.url(), (OkHttpClient.Builder) null));
        trace.step("refused", () -> {
            try {
                InfluxDBFactory.connect("http://127.0.0.1:1", settings()).ping();
                return "pinged";
            } catch (RuntimeException e) {
                return failure(e);
            }
        });
        trace.step("refused write", () -> {
            try {
                InfluxDBFactory.connect("http://127.0.0.1:1", settings()).write("d", "r", ConsistencyLevel.ONE, "m v=1 1");
                return "written";
            } catch (RuntimeException e) {
                return failure(e);
            }
        });
        step("after close", client -> {
            client.setDatabase("db").close();
            client.write("m v=1 1");
            client.ping();
            client.enableBatch(BatchOptions.DEFAULTS).write(point(1));
            client.close();
            client.close();
            return client.isBatchEnabled();
        });
        trace.step("levels of logs", () -> LogLevel.parseLogLevel("basic") + " " + LogLevel.parseLogLevel("FULL") + " "
                + LogLevel.parseLogLevel(null) + " " + LogLevel.parseLogLevel("x"));
    }
}
