package application;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/** Builds points and batches at random, and looks at their texts. */
public final class Points {

    private final Trace trace;
    /** Whether only values are wanted that every library takes. */
    private boolean tame;

    private Points(final long seed) {
        this.trace = new Trace(seed);
    }

    public static List<String> run(final long seed, final int count) {
        Points points = new Points(seed);
        points.fixedCases();
        for (int i = 0; i < count; i++) {
            points.onePoint();
            if (i % 10 == 0) {
                points.oneBatch();
            }
        }
        return points.trace.steps();
    }

    private Number number() {
        Number number = anyNumber();
        while (tame && (number instanceof BigInteger || number instanceof DoubleAdder)) {
            number = anyNumber();
        }
        return number;
    }

    private String text() {
        return tame ? trace.tameText() : trace.text();
    }

    private Number anyNumber() {
        switch (trace.random().nextInt(16)) {
            case 0:
                return (byte) trace.random().nextInt();
            case 1:
                return (short) trace.random().nextInt();
            case 2:
                return trace.random().nextInt();
            case 3:
                return trace.random().nextLong();
            case 4:
                return trace.random().nextFloat() * 1000;
            case 5:
                return Float.intBitsToFloat(trace.random().nextInt());
            case 6:
                return trace.random().nextGaussian();
            case 7:
                return Double.longBitsToDouble(trace.random().nextLong());
            case 8:
                return new BigDecimal(BigInteger.valueOf(trace.random().nextLong()), trace.random().nextInt(40) - 10);
            case 9:
                return BigInteger.valueOf(trace.random().nextLong()).shiftLeft(trace.random().nextInt(3));
            case 10:
                return new AtomicLong(trace.random().nextLong());
            case 11:
                return new AtomicInteger(trace.random().nextInt());
            case 12:
                return trace.pick(0.0, -0.0, 1e21, 1e-7, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN,
                        Double.POSITIVE_INFINITY, 0.1 + 0.2, 123456789.987654321, 1e16, 9007199254740993.0);
            case 13:
                return trace.pick(Long.MAX_VALUE, Long.MIN_VALUE, 0L, -1L, 9007199254740993L);
            case 14:
                LongAdder adder = new LongAdder();
                adder.add(trace.random().nextInt());
                return adder;
            default:
                DoubleAdder sum = new DoubleAdder();
                sum.add(trace.random().nextInt(100) / 4.0);
                return sum;
        }
    }

    private Object value() {
        switch (trace.random().nextInt(12)) {
            case 0:
                return trace.random().nextBoolean();
            case 1:
            case 2:
                return text();
            case 3:
                return trace.chance(20) ? null : 'c';
            case 4:
                return TimeUnit.DAYS;
            case 5:
                return trace.chance(50) ? new StringBuilder(text()) : text() + text();
            default:
                return number();
        }
    }

    private static String shown(final Object value) {
        return value == null ? "null" : value.getClass().getSimpleName() + "(" + value + ")";
    }

    /** A builder and what it was given. */
    private Point.Builder builder(final StringBuilder given) {
        String measurement = text();
        given.append("m(").append(measurement).append(')');
        Point.Builder builder = Point.measurement(measurement);
        for (int i = trace.random().nextInt(4); i > 0; i--) {
            String tag = text();
            String value = text();
            given.append(" tag(").append(tag).append('|').append(value).append(')');
            builder.tag(tag, value);
        }
        if (trace.chance(10)) {
            Map<String, String> tags = new LinkedHashMap<>();
            tags.put(text(), text());
            tags.put("t2", text());
            given.append(" tags").append(tags);
            builder.tag(tags);
        }
        for (int i = trace.random().nextInt(4); i >= 0; i--) {
            field(builder, given);
        }
        if (trace.chance(80)) {
            TimeUnit unit = trace.pick(TimeUnit.values());
            Number time = time();
            given.append(" time(").append(shown(time)).append(' ').append(unit).append(')');
            if (time instanceof Long && trace.chance(50)) {
                builder.time((Long) time, unit);
            } else {
                builder.time(time, unit);
            }
        }
        return builder;
    }

    private Number time() {
        switch (trace.random().nextInt(8)) {
            case 0:
                return trace.random().nextInt();
            case 1:
                return new BigInteger(80, trace.random()).subtract(BigInteger.TEN.pow(10));
            case 2:
                return new BigDecimal("1600000000.123456789").add(BigDecimal.valueOf(trace.random().nextInt()));
            case 3:
                return trace.random().nextDouble() * 1e12;
            case 4:
                return trace.random().nextLong();
            default:
                return 1_600_000_000_000L + trace.random().nextInt();
        }
    }

    @SuppressWarnings("deprecation")
    private void field(final Point.Builder builder, final StringBuilder given) {
        String key = text();
        Object value = value();
        int how = trace.random().nextInt(6);
        given.append(" f").append(how).append('(').append(key).append('|').append(shown(value)).append(')');
        if (how == 0) {
            builder.field(key, value);
        } else if (how == 1) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put(key, value);
            fields.put("f2", 2);
            builder.fields(fields);
        } else if (value instanceof Integer) {
            builder.addField(key, (int) value);
        } else if (value instanceof Long) {
            builder.addField(key, (long) value);
        } else if (value instanceof Short) {
            builder.addField(key, (short) value);
        } else if (value instanceof Float) {
            builder.addField(key, (float) value);
        } else if (value instanceof Double) {
            builder.addField(key, (double) value);
        } else if (value instanceof Number) {
            builder.addField(key, (Number) value);
        } else if (value instanceof Boolean) {
            builder.addField(key, (boolean) value);
        } else {
            builder.addField(key, String.valueOf(value));
        }
    }

    private void onePoint() {
        StringBuilder given = new StringBuilder("point ");
        Point.Builder builder = builder(given);
        TimeUnit precision = trace.pick(TimeUnit.values());
        trace.step(given + " hasFields", builder::hasFields);
        trace.step(given + " line", () -> builder.build().lineProtocol());
        trace.step(given + " line " + precision, () -> builder.build().lineProtocol(precision));
        trace.step(given + " text", () -> builder.build().toString());
        trace.step(given + " equal to itself", () -> {
            Point point = builder.build();
            return point.equals(builder.build()) + " " + (point.hashCode() == builder.build().hashCode())
                    + point.equals(null) + point.equals("other");
        });
    }

    private void oneBatch() {
        StringBuilder given = new StringBuilder("batch ");
        List<Point> points = new ArrayList<>();
        tame = true;
        for (int i = trace.random().nextInt(4); i >= 0; i--) {
            points.add(builder(given.append(" and ")).build());
        }
        tame = false;
        String tag = trace.text();
        String value = trace.text();
        TimeUnit precision = trace.pick(TimeUnit.values());
        ConsistencyLevel level = trace.pick(ConsistencyLevel.values());
        boolean tagged = trace.chance(50);
        given.append(tagged ? " batchTag(" + tag + "|" + value + ")" : "").append(precision).append(level);
        trace.step(given.toString(), () -> {
            BatchPoints.Builder builder = trace.chance(50) ? BatchPoints.builder() : BatchPoints.database("db");
            builder.retentionPolicy("rp").precision(precision).consistency(level).points(points);
            if (tagged) {
                builder.tag(tag, value);
            }
            BatchPoints batch = builder.build();
            return batch.lineProtocol() + batch + batch.getTags() + batch.getPrecision() + batch.getConsistency()
                    + batch.getDatabase() + batch.getRetentionPolicy() + batch.getPoints();
        });
    }

    private static Point plain() {
        return Point.measurement("m").tag("k", "own").addField("a", 1).time(1, TimeUnit.MILLISECONDS).build();
    }

    @SuppressWarnings("deprecation")
    private void fixedCases() {
        trace.step("no measurement", () -> Point.measurement(null).addField("a", 1).build());
        trace.step("no field", () -> Point.measurement("m").build());
        trace.step("null tag", () -> Point.measurement("m").tag(null, "v"));
        trace.step("null tag value", () -> Point.measurement("m").tag("t", null));
        trace.step("null tags", () -> Point.measurement("m").tag((Map<String, String>) null));
        trace.step("null field", () -> Point.measurement("m").addField(null, 1));
        trace.step("null text", () -> Point.measurement("m").addField("a", (String) null));
        trace.step("null number", () -> Point.measurement("m").addField("a", (Number) null).build());
        trace.step("null number line", () ->
                Point.measurement("m").addField("a", (Number) null).build().lineProtocol());
        trace.step("null object", () -> Point.measurement("m").field("a", null).build());
        trace.step("null fields", () -> Point.measurement("m").fields(null));
        trace.step("null time", () -> Point.measurement("m").time((Long) null, TimeUnit.DAYS));
        trace.step("null number time", () -> Point.measurement("m").time((Number) null, TimeUnit.DAYS));
        trace.step("null unit", () -> Point.measurement("m").time(1L, null));
        trace.step("null precision", () -> plain().lineProtocol(null));
        trace.step("not a number only", () -> Point.measurement("m").addField("a", Double.NaN).build().lineProtocol());
        trace.step("same instant, other unit", () -> plain().equals(
                Point.measurement("m").tag("k", "own").addField("a", 1).time(1000, TimeUnit.MICROSECONDS).build()));
        trace.step("the builder goes on", () -> {
            Point.Builder builder = Point.measurement("m").addField("a", 1);
            Point first = builder.build();
            Point second = builder.addField("b", 2).tag("t", "u").build();
            return first.lineProtocol() + " " + second.lineProtocol();
        });
        trace.step("a batch builder goes on", () -> {
            BatchPoints.Builder builder = BatchPoints.database("d").point(plain());
            BatchPoints first = builder.build();
            builder.point(plain()).tag("later", "x");
            return first.getPoints().size() + " " + first.getTags() + builder.build().getPoints().size();
        });
        trace.step("a batch's tag over a point's", () -> {
            Point point = plain();
            return BatchPoints.builder().tag("k", "batch").tag("z", "y").point(point).build().lineProtocol() + point;
        });
        trace.step("a point later", () -> {
            BatchPoints batch = BatchPoints.builder().tag("k", "batch").point(plain()).build();
            return batch.point(plain()).lineProtocol();
        });
        trace.step("a batch's tag without a name", () ->
                BatchPoints.builder().tag("", "x").tag("y", "").point(plain()).build().lineProtocol());
        trace.step("a batch's null tag", () -> BatchPoints.builder().tag(null, "x"));
        trace.step("a batch's null tag value", () -> BatchPoints.builder().tag("x", null).point(plain()).build());
        trace.step("a batch's null point", () -> BatchPoints.builder().point(null).build());
        trace.step("a batch's null points", () -> BatchPoints.builder().points((List<Point>) null));
        trace.step("a batch's point array", () -> BatchPoints.builder().points(plain(), plain()).build().getPoints());
        trace.step("an empty batch", () ->
                BatchPoints.builder().build() + BatchPoints.builder().build().lineProtocol());
        trace.step("null everything", () ->
                BatchPoints.database(null).retentionPolicy(null).consistency(null).precision(null).build());
        mergeCases();
        equalCases();
    }

    private static BatchPoints batch(final String database, final String policy, final ConsistencyLevel level,
            final TimeUnit precision, final String tag) {
        return BatchPoints.database(database).retentionPolicy(policy).consistency(level).precision(precision)
                .tag("t", tag).point(plain()).build();
    }

    private List<BatchPoints> batches() {
        List<BatchPoints> all = new ArrayList<>();
        all.add(batch("d", "p", ConsistencyLevel.ONE, TimeUnit.SECONDS, "x"));
        all.add(batch("d", "p", ConsistencyLevel.ONE, TimeUnit.SECONDS, "x"));
        all.add(batch("e", "p", ConsistencyLevel.ONE, TimeUnit.SECONDS, "x"));
        all.add(batch("d", null, ConsistencyLevel.ONE, TimeUnit.SECONDS, "x"));
        all.add(batch("d", "p", ConsistencyLevel.ALL, TimeUnit.SECONDS, "x"));
        all.add(batch("d", "p", ConsistencyLevel.ONE, TimeUnit.HOURS, "x"));
        all.add(batch("d", "p", ConsistencyLevel.ONE, TimeUnit.SECONDS, "y"));
        return all;
    }

    private void mergeCases() {
        for (int i = 0; i < batches().size(); i++) {
            for (int j = 0; j < batches().size(); j++) {
                BatchPoints left = batches().get(i);
                BatchPoints right = batches().get(j);
                String precisions = left.getPrecision() == right.getPrecision() ? "" : " of other precisions";
                trace.step("merge" + precisions + " " + i + " " + j, () -> left.isMergeAbleWith(right) + " "
                        + left.mergeIn(right) + left.getPoints().size() + right.getPoints().size());
            }
        }
        trace.step("merge null", () -> batches().get(0).isMergeAbleWith(null));
    }

    private void equalCases() {
        for (int i = 0; i < batches().size(); i++) {
            for (int j = 0; j < batches().size(); j++) {
                BatchPoints left = batches().get(i);
                BatchPoints right = batches().get(j);
                trace.step("equal " + i + " " + j, () -> left.equals(right) + " "
                        + (left.equals(right) && left.hashCode() != right.hashCode()));
            }
        }
    }
}
