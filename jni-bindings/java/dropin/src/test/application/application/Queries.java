package application;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.BuilderException;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBIOException;
import org.influxdb.InfluxDBMapperException;
import org.influxdb.dto.BoundParameterQuery;
import org.influxdb.dto.BoundParameterQuery.QueryBuilder;
import org.influxdb.dto.Pong;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.influxdb.impl.Preconditions;
import org.influxdb.impl.TimeUtil;

/** Queries with bound values, small types, and the reading of error replies. */
public final class Queries {

    private static final String[] ERRORS = {
        "database not found: \"x\"", "points beyond retention policy", "field type conflict: input field \"f\"",
        "unable to parse 'm v=': missing field value", "hinted handoff queue not empty",
        "engine: cache-max-memory-size exceeded: (1/2)", "user is required to write to database \"d\"",
        "\"bob\" user is not authorized to write to database \"d\"", "authorization failed", "username required",
        "timeout", "partial write", "write failed", "unable to parse authentication credentials",
        "error authorizing query: bob not authorized", "max-values-per-tag limit exceeded (1/1): measurement=\"m\"",
        "max-series-per-database limit exceeded: (1)", "invalid consistency level", "retention policy not found: zz",
        "Request Entity Too Large", "unable to parse 'log msg=\"database not found\",v=': missing field value",
        "field type conflict: input field \"points beyond retention policy\"", "request throttled, queue full",
        "invalid tag key: input tag \"time\" on measurement \"m\" is invalid", "token expiration required",
        "write failed: dial tcp 10.0.0.1:8088: connect: connection refused", "", "database does not exist",
        "dropped 3 points outside retention policy of duration 1h0m0s"};

    private final Trace trace;

    private Queries(final long seed) {
        this.trace = new Trace(seed);
    }

    public static List<String> run(final long seed, final int count) throws Exception {
        Queries queries = new Queries(seed);
        queries.smallTypes();
        queries.times();
        queries.checks();
        queries.builders();
        queries.errors();
        for (int i = 0; i < count; i++) {
            queries.oneQuery();
        }
        return queries.trace.steps();
    }

    private Object value() {
        return trace.pick(1, 2L, 1.5, 1.5f, true, null, 'c', (byte) 1, new BigInteger("99999999999999999999"),
                new BigDecimal("1.50"), Instant.EPOCH, Arrays.asList(1, "a"), Double.NaN, 1e300, 100.0, 1e-7,
                trace.random().nextDouble(), trace.random().nextLong(), trace.text(), trace.text(), TimeUnit.DAYS);
    }

    private void oneQuery() {
        String command = trace.text();
        String database = trace.chance(20) ? null : trace.text();
        boolean post = trace.chance(50);
        List<String> names = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            names.add(trace.text());
            values.add(value());
        }
        trace.step("query " + command + "|" + database + "|" + post + names + values, () -> {
            Query query = new Query(command, database, post);
            Query other = new Query(command, database);
            BoundParameterQuery bound = QueryBuilder.newQuery(command).forDatabase(database).create();
            for (int i = 0; i < names.size(); i++) {
                query.bindParameter(names.get(i), values.get(i));
                bound.bindParameter(names.get(i), values.get(i));
            }
            return query.getCommand() + query.getDatabase() + query.requiresPost() + query.hasBoundParameters()
                    + query.getCommandWithUrlEncoded() + query.getParameterJsonWithUrlEncoded() + query.hashCode()
                    + query.equals(other) + query.equals(bound) + bound.equals(query) + bound.hashCode()
                    + bound.getParameterJsonWithUrlEncoded() + Query.encode(command);
        });
    }

    private void builders() {
        trace.step("bind", () ->
                shown(QueryBuilder.newQuery("c").forDatabase("d").bind("a", 1).bind("b", "x").create()));
        trace.step("bind before the database", () ->
                shown(QueryBuilder.newQuery("c").bind("a", 1).forDatabase("d").create()));
        trace.step("bind without a database", () -> shown(QueryBuilder.newQuery("c").bind("a", 1).create()));
        trace.step("create at once", () -> shown(QueryBuilder.newQuery("c").create()));
        trace.step("no command", () -> shown(new QueryBuilder().forDatabase("d").create()));
        trace.step("bind after create", () -> {
            QueryBuilder builder = QueryBuilder.newQuery("c").forDatabase("d");
            BoundParameterQuery query = builder.create();
            builder.bind("a", 1);
            return shown(query) + (query == builder.create());
        });
        trace.step("null name", () -> new Query("c").bindParameter(null, 1).getParameterJsonWithUrlEncoded());
        trace.step("no command to encode", () -> new Query(null).getCommandWithUrlEncoded());
        trace.step("null to encode", () -> Query.encode(null));
        trace.step("subclass", () -> new Query("c", "d").equals(new Query("c", "d") { }));
    }

    private static String shown(final Query query) throws Exception {
        return query == null ? "null" : query.getCommand() + "|" + query.getDatabase() + "|" + query.requiresPost()
                + "|"
                + query.getParameterJsonWithUrlEncoded() + "|" + query.hasBoundParameters();
    }

    private void smallTypes() {
        for (String version : new String[] {null, "unknown", "UNKNOWN", "Unknown ", "1.8.10", ""}) {
            trace.step("pong " + version, () -> {
                Pong pong = new Pong();
                pong.setVersion(version);
                pong.setResponseTime(7);
                return pong + " " + pong.isGood() + pong.getVersion() + pong.getResponseTime();
            });
        }
        trace.step("an empty result", () -> new QueryResult() + " " + new QueryResult().hasError());
        trace.step("a result", () -> {
            QueryResult.Series series = new QueryResult.Series();
            series.setName("n");
            series.setColumns(List.of("c"));
            series.setValues(List.of(List.of(1)));
            QueryResult.Result result = new QueryResult.Result();
            result.setSeries(List.of(series));
            result.setError("e");
            QueryResult all = new QueryResult();
            all.setResults(List.of(result));
            all.setError("");
            return all + " " + all.hasError() + result.hasError() + all.getError() + series.getTags();
        });
        trace.step("exceptions", () -> new InfluxDBException("m") + " " + new InfluxDBException("m").isRetryWorth()
                + new InfluxDBException(new RuntimeException("c")) + new InfluxDBException("m", new Error()).getCause()
                + new InfluxDBIOException(new java.io.IOException("io")) + new InfluxDBMapperException("m")
                + new InfluxDBMapperException(new RuntimeException("c")) + new InfluxDBMapperException("m", null)
                + new BuilderException("b") + new InfluxDBIOException(new java.io.IOException("io")).isRetryWorth()
                + new InfluxDBException.RetryBufferOverrunException("r").isRetryWorth()
                + new InfluxDBException.AuthorizationFailedException("a").isRetryWorth());
    }

    private void times() {
        for (TimeUnit unit : TimeUnit.values()) {
            trace.step("precision " + unit, () -> TimeUtil.toTimePrecision(unit));
        }
        trace.step("precision null", () -> TimeUtil.toTimePrecision(null));
        trace.step("constants", () ->
                TimeUtil.INSTANCE + " " + TimeUtil.TIME_IN_SECOND_LENGTH + TimeUtil.values().length);
        long[] times = {0, 1, 999, -1, 1505822400123L, 253402300799999L, -62135596800000L};
        for (long time : times) {
            trace.step("time " + time, () -> TimeUtil.toInfluxDBTimeFormat(time));
        }
        for (int i = 0; i < 1000; i++) {
            long time = trace.random().nextInt() * 1000L + trace.random().nextInt(1000) + 1_600_000_000_000L;
            trace.step("time " + time, () -> TimeUtil.toInfluxDBTimeFormat(time)
                    + TimeUtil.fromInfluxDBTimeFormat(TimeUtil.toInfluxDBTimeFormat(time)));
        }
        for (String time : new String[] {"2017-09-19T12:00:00Z", "2017-09-19T12:00:00.123Z", "bad", null, "",
            "2017-09-19", "2017-09-19T12:00:00+01:00", "1969-12-31T23:59:59.999Z"}) {
            trace.step("read time " + time, () -> outcome(time));
        }
        for (String time : new String[] {"2017-09-19T12:00:00.1Z", "2017-09-19T12:00:00.12Z",
            "2017-09-19T12:00:00.123456Z", "2017-09-19T12:00:00.123456789Z"}) {
            trace.step("read time of other digits " + time, () -> outcome(time));
        }
        trace.step("read time that is none 2017-13-45T12:00:00Z", () -> outcome("2017-13-45T12:00:00Z"));
    }

    /** The time read, or the exception's own text: its cause is another library's affair. */
    private static String outcome(final String time) {
        try {
            return String.valueOf(TimeUtil.fromInfluxDBTimeFormat(time));
        } catch (RuntimeException e) {
            return e.getClass() + e.getMessage() + (e.getCause() != null);
        }
    }

    private void checks() {
        for (Number number : new Number[] {0, -1, 1, 0.5, -0.5, null, Double.NaN, Long.MIN_VALUE, 0.0}) {
            trace.step("positive " + number, () -> {
                Preconditions.checkPositiveNumber(number, "n");
                return "";
            });
            trace.step("not negative " + number, () -> {
                Preconditions.checkNotNegativeNumber(number, "n");
                return "";
            });
        }
        for (String text : new String[] {null, "", " ", "a"}) {
            trace.step("text " + text, () -> Preconditions.checkNonEmptyString(text, "n"));
        }
        for (String duration : new String[] {"1d", "INF", "inf", "1", "1h30m", "", "1x", "10u", "1ns", "1ms", "-1d",
                "0s",
            "1d ", "1s2m", null, "infinf", "1dinf", "d", "١d"}) {
            trace.step("duration " + duration, () -> {
                Preconditions.checkDuration(duration, "n");
                return "";
            });
        }
    }

    private void errors() throws Exception {
        for (String prefix : new String[] {"", "partial write: ", "write failed: ", "partial write:\n",
            "write failed: error code 1: write shard 4: partial write: "}) {
            for (String suffix : new String[] {"", " dropped=1", " dropped=0"}) {
                for (String error : ERRORS) {
                    oneError(prefix + error + suffix);
                }
            }
        }
        for (String body : new String[] {"not json", "{}", "{\"error\":null}", "[1]", "", "{\"error\":5}", "null",
            "{\"error\":\"abc\"} behind", "{\"a\":{\"b\":[1,{\"error\":\"inner\"}]},\"error\":\"abc\"}",
            "{\"error\":\"a\",\"error\":\"b\"}", "{error:'a'}", "{\"error\":\"a\"", "{\"error\":{}}",
                    "{\"error\":true}",
            "{\"error\":\"\\u0041\\n\"}", "<html>502</html>", "{\"error\":[\"a\"]}", "\ufeff{\"error\":\"a\"}",
                    "  {\"error\":\"a\"}"}) {
            trace.step("error body " + body, () -> shown(InfluxDBException.buildExceptionForErrorState(body)));
        }
        trace.step("error body null", () -> shown(InfluxDBException.buildExceptionForErrorState((String) null)));
        byte[][] packed = {
            {(byte) 0x81, (byte) 0xa5, 'e', 'r', 'r', 'o', 'r', (byte) 0xa3, 'a', 'b', 'c'},
            {(byte) 0x82, (byte) 0xa1, 'e', 5, (byte) 0xa5, 'e', 'r', 'r', 'o', 'r', (byte) 0xa3, 'a', 'b', 'c'},
            {(byte) 0x81, (byte) 0xa5, 'e', 'r', 'r', 'o', 'r', 5},
        };
        for (byte[] body : packed) {
            trace.step("packed error " + Arrays.toString(body), () -> shown(
                    InfluxDBException.buildExceptionForErrorState(new ByteArrayInputStream(body))));
        }
        for (String body : new String[] {"", "{\"error\":\"database not found: x\"}", "request throttled, queue full",
            "<html>502</html>", "authorization failed"}) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            trace.step("text where MessagePack was asked for " + body, () -> shown(
                    InfluxDBException.buildExceptionForErrorState(new ByteArrayInputStream(bytes))));
        }
        trace.step("packed error that cannot be read", () -> shown(InfluxDBException.buildExceptionForErrorState(
                new InputStream() {
                    @Override
                    public int read() throws java.io.IOException {
                        throw new java.io.IOException("broken");
                    }
                })));
    }

    private void oneError(final String error) {
        String json = "{\"error\":\"" + error.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"}";
        trace.step("error " + error, () -> shown(InfluxDBException.buildExceptionForErrorState(json)));
    }

    private static String shown(final InfluxDBException e) {
        return e.getClass().getSimpleName() + "|" + e.isRetryWorth() + "|" + e.getMessage();
    }
}
