package application;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Measurement;
import org.influxdb.annotation.TimeColumn;
import org.influxdb.dto.Point;
import org.influxdb.dto.QueryResult;
import org.influxdb.impl.InfluxDBResultMapper;

/** Records that become points, and results that become records. */
public final class Records {

    private final List<String> steps = new ArrayList<>();

    public static List<String> run(final long seed, final int count) {
        Records records = new Records();
        records.written();
        records.read();
        return records.steps;
    }

    /** A reading; a component says its column's name, or it is its own. */
    @Measurement(name = "reading")
    public record Reading(
            @TimeColumn(timeUnit = TimeUnit.NANOSECONDS) @Column(name = "time") Instant time,
            @Column(name = "host", tag = true) String host,
            @Column int count,
            @Column(name = "usage") Double usage,
            @Column(name = "on") boolean on) {

        public Reading(final String host) {
            this(Instant.EPOCH, host, 1, 2.5, true);
        }
    }

    /** A record that checks what it is made of. */
    @Measurement(name = "checked", allFields = true)
    public record Checked(int count, String note) {

        public static final int LIMIT = 100;

        public Checked {
            if (count > LIMIT) {
                throw new IllegalArgumentException("too many: " + count);
            }
        }
    }

    /** A record of which only a part is mapped, and nobody else may see. */
    @Measurement(name = "part")
    private record Part(long unmapped, @Column(name = "short") short small, @Column(name = "note") String note) {
    }

    private void step(final String given, final Callable<?> call) {
        try {
            steps.add(given + "\t>> " + call.call());
        } catch (Exception e) {
            steps.add(given + "\t!! " + e.getClass().getName());
        }
    }

    private void written() {
        step("write reading", () -> Point.measurementByPOJO(Reading.class).addFieldsFromPOJO(new Reading("a"))
                .build().lineProtocol());
        step("write checked", () -> Point.measurementByPOJO(Checked.class).addFieldsFromPOJO(new Checked(3, "x"))
                .build().lineProtocol());
        step("write part", () -> Point.measurementByPOJO(Part.class).addFieldsFromPOJO(new Part(1, (short) 2, "x"))
                .build().lineProtocol());
    }

    private static QueryResult result(final String name, final Map<String, String> tags, final List<String> columns,
            final Object... row) {
        QueryResult.Series series = new QueryResult.Series();
        series.setName(name);
        series.setTags(tags);
        series.setColumns(columns);
        series.setValues(List.of(Arrays.asList(row)));
        QueryResult.Result result = new QueryResult.Result();
        result.setSeries(List.of(series));
        QueryResult all = new QueryResult();
        all.setResults(List.of(result));
        return all;
    }

    private void read() {
        step("read whole", () -> new InfluxDBResultMapper().toPOJO(result("reading", null,
                List.of("time", "host", "count", "usage", "on", "more"), "2020-01-01T00:00:00.123456789Z", "a", 7.0,
                        1.5, true, 9.0),
                Reading.class));
        step("read with tags", () -> new InfluxDBResultMapper().toPOJO(result("reading", Map.of("host", "b"),
                List.of("count"), 7.0), Reading.class));
        step("read nulls", () -> new InfluxDBResultMapper().toPOJO(result("reading", null,
                List.of("time", "host", "count", "usage", "on"), null, null, null, null, null), Reading.class));
        step("read all fields", () -> new InfluxDBResultMapper().toPOJO(result("checked", null,
                List.of("count", "note"), 7.0, "x"), Checked.class));
        step("read what the record refuses", () -> new InfluxDBResultMapper().toPOJO(result("checked", null,
                List.of("count"), 700.0), Checked.class));
        step("read part", () -> new InfluxDBResultMapper().toPOJO(result("part", null,
                List.of("short", "note", "unmapped"), 7.0, "x", 9.0), Part.class));
        step("read what does not fit", () -> new InfluxDBResultMapper().toPOJO(result("part", null,
                List.of("short"), 70000.0), Part.class));
        step("read nothing known", () -> new InfluxDBResultMapper().toPOJO(result("part", null,
                List.of("x"), 70000.0), Part.class));
    }
}
