package application;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Exclude;
import org.influxdb.annotation.Measurement;
import org.influxdb.annotation.TimeColumn;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.influxdb.impl.InfluxDBMapper;
import org.influxdb.impl.InfluxDBResultMapper;

/** Objects that become points, and results that become objects. */
public final class Objects {

    private final Trace trace;

    private Objects(final long seed) {
        this.trace = new Trace(seed);
    }

    public static List<String> run(final long seed, final int count) {
        Objects objects = new Objects(seed);
        objects.everyTypeFromEveryValue();
        objects.times();
        objects.shapes();
        objects.classes();
        objects.points();
        objects.mapper();
        for (int i = 0; i < count; i++) {
            objects.oneObject();
            objects.oneResult();
        }
        return objects.trace.steps();
    }

    /** One column for each type that a field may have. */
    @Measurement(name = "types")
    public static class Types {
        @Column(name = "byte") private byte b = 1;
        @Column(name = "short") private short s = 1;
        @Column(name = "int") private int i = 1;
        @Column(name = "long") private long l = 1;
        @Column(name = "float") private float f = 1;
        @Column(name = "double") private double d = 1;
        @Column(name = "char") private char c = 'x';
        @Column(name = "boolean") private boolean z;
        @Column(name = "Byte") private Byte bb;
        @Column(name = "Short") private Short ss;
        @Column(name = "Integer") private Integer ii;
        @Column(name = "Long") private Long ll;
        @Column(name = "Float") private Float ff;
        @Column(name = "Double") private Double dd;
        @Column(name = "Character") private Character cc;
        @Column(name = "Boolean") private Boolean zz;
        @Column(name = "String") private String string;
        @Column(name = "BigInteger") private BigInteger bigInteger;
        @Column(name = "BigDecimal") private BigDecimal bigDecimal;
        @Column(name = "Number") private Number number;
        @Column(name = "Object") private Object object;
        @Column(name = "Instant") private Instant instant;
        @Column(name = "Enum") private TimeUnit unit;
        @Column(name = "Date") private Date date;
        @Column(name = "CharSequence") private CharSequence chars;
        @Column(name = "List") private List<String> list;
    }

    /** What can be written and read. */
    @Measurement(name = "plain", timeUnit = TimeUnit.SECONDS)
    public static class Plain {
        @TimeColumn(timeUnit = TimeUnit.NANOSECONDS) @Column(name = "time") private Instant time;
        @Column(name = "host", tag = true) private String host;
        @Column private int count;
        @Column(name = "usage") private Double usage;
        @Column(name = "free") private Long free;
        @Column(name = "on") private boolean on;
        @Column(name = "note") private String note;
    }

    /** All fields of a class, one way or another. */
    @Measurement(name = "all", allFields = true)
    public static class AllFields {
        private static final int CONSTANT = 1;
        private int a = 2;
        private transient int passing = 3;
        @Exclude private String left = "out";
        @Column(name = "renamed") private double other = 4.5;
        private String text = "x";
        @Column(tag = true) private String tag = "t";
        @TimeColumn(timeUnit = TimeUnit.SECONDS) private Instant time = Instant.ofEpochSecond(9);
        private final int fixed = CONSTANT;
    }

    /** A class that another extends. */
    public static class Base<T> {
        @Column(name = "base") private T base;
        @Column(name = "shadowed") private int shadowed = 1;
    }

    /** A class that says what its base holds. */
    @Measurement(name = "derived")
    public static class Derived extends Base<Integer> {
        @Column(name = "own") private int own = 2;
        @Column(name = "shadowed") private int shadowed = 2;
    }

    /** A class between two others. */
    public static class Middle<A, B> extends Base<B> {
        @Column(name = "middle") private A middle;
    }

    /** What its type variables stand for is said two classes above. */
    @Measurement(name = "lowest")
    public static class Lowest extends Middle<String, Long> {
    }

    /** Extends a marked class and is not marked itself. */
    public static class Unmarked extends Derived {
    }

    /** No constructor without parameters. */
    @Measurement(name = "m")
    public static class NoConstructor {
        @Column(name = "v") private int v;

        public NoConstructor(final int v) {
            this.v = v;
        }
    }

    /** A constructor that others may not call. */
    @Measurement(name = "m")
    public static class PrivateConstructor {
        @Column(name = "v") private int v;

        private PrivateConstructor() {
        }
    }

    /** A constructor that fails. */
    @Measurement(name = "m")
    public static class FailingConstructor {
        @Column(name = "v") private int v;

        public FailingConstructor() {
            throw new IllegalStateException("no");
        }
    }

    /** Cannot be made. */
    @Measurement(name = "m")
    public abstract static class Abstract {
        @Column(name = "v") private int v;

        public Abstract() {
        }
    }

    /** Two fields for one column, and one that is static. */
    @Measurement(name = "m")
    public static class Twice {
        @Column(name = "v") private static int shared = 5;
        @Column(name = "v") private int x = 1;
        @Column(name = "v") private int y = 2;
    }

    /** Nothing to write. */
    public static class Nothing {
        private final int v = 1;
    }

    /** Its only column has no value. */
    @Measurement(name = "m")
    public static class Empty {
        @Column(name = "v") private Integer v;
    }

    /** Tags that are no texts. */
    @Measurement(name = "m")
    public static class OddTags {
        @Column(name = "v") private int v = 1;
        @Column(name = "number", tag = true) private int number = 5;
    }

    /** A tag that is a constant. */
    @Measurement(name = "m")
    public static class EnumTag {
        @Column(name = "v") private int v = 1;
        @Column(name = "unit", tag = true) private TimeUnit unit = TimeUnit.DAYS;
    }

    /** A tag without a value. */
    @Measurement(name = "m")
    public static class EmptyTag {
        @Column(name = "v") private int v = 1;
        @Column(name = "t", tag = true) private String tag = "";
        @Column(name = "n", tag = true) private String none;
    }

    /** A field that is a constant. */
    @Measurement(name = "m")
    public static class EnumField {
        @Column(name = "unit") private TimeUnit unit = TimeUnit.DAYS;
    }

    /** Constants that call themselves something else. */
    public enum Level {
        LOW, HIGH;

        @Override
        public String toString() {
            return "level " + ordinal();
        }
    }

    /** Constants that call themselves something else, in a field and from one. */
    @Measurement(name = "m")
    public static class Levels {
        @Column(name = "level") private Level level = Level.HIGH;
    }

    /** Numbers of other sizes. */
    @Measurement(name = "m")
    public static class Sizes {
        @Column(name = "s") private short s = -5;
        @Column(name = "f") private float f = 0.1f;
        @Column(name = "ss") private Short ss = 7;
        @Column(name = "ff") private Float ff = 1e30f;
        @Column(name = "nan") private double nan = Double.NaN;
        @Column(name = "z") private Boolean z = true;
    }

    /** A type that cannot be written. */
    @Measurement(name = "m")
    public static class Big {
        @Column(name = "v") private BigInteger v = BigInteger.TEN;
    }

    /** A type that cannot be written. */
    @Measurement(name = "m")
    public static class OneByte {
        @Column(name = "v") private byte v = 1;
    }

    /** A time that is no time. */
    @Measurement(name = "m")
    public static class LongTime {
        @Column(name = "v") private int v = 1;
        @TimeColumn @Column(name = "time") private Long time = 5L;
    }

    /** A time that is not marked as one. */
    @Measurement(name = "m")
    public static class PlainTime {
        @Column(name = "v") private int v = 1;
        @Column(name = "time") private Instant time = Instant.EPOCH;
    }

    /** A time in milliseconds. */
    @Measurement(name = "m")
    public static class Millis {
        @Column(name = "v") private int v = 1;
        @TimeColumn @Column(name = "time") private Instant time;
    }

    /** A time in microseconds. */
    @Measurement(name = "m")
    public static class Micros {
        @Column(name = "v") private int v = 1;
        @TimeColumn(timeUnit = TimeUnit.MICROSECONDS) @Column(name = "time") private Instant time;
    }

    /** A time in days. */
    @Measurement(name = "m")
    public static class Days {
        @Column(name = "v") private int v = 1;
        @TimeColumn(timeUnit = TimeUnit.DAYS) @Column(name = "time") private Instant time;
    }

    /** Marked with where it is stored. */
    @Measurement(name = "placed", database = "db", retentionPolicy = "rp")
    public static class Placed {
        @Column(name = "v") private int v = 1;
    }

    /** A measurement that has to be quoted. */
    @Measurement(name = "two words", database = "db")
    public static class TwoWords {
        @Column(name = "v") private int v = 1;
    }

    private static QueryResult result(final String name, final Map<String, String> tags, final List<String> columns,
            final Object... row) {
        QueryResult.Series series = new QueryResult.Series();
        series.setName(name);
        series.setTags(tags);
        series.setColumns(columns);
        List<List<Object>> rows = new ArrayList<>();
        rows.add(Arrays.asList(row));
        series.setValues(rows);
        QueryResult.Result result = new QueryResult.Result();
        result.setSeries(new ArrayList<>(List.of(series)));
        QueryResult all = new QueryResult();
        all.setResults(new ArrayList<>(List.of(result)));
        return all;
    }

    /** An object's fields, its own before those of the classes above. */
    static String shown(final Object object) throws IllegalAccessException {
        if (object == null) {
            return "null";
        }
        StringBuilder text = new StringBuilder();
        for (Class<?> c = object.getClass(); c != Object.class && c != null; c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                if (!field.isSynthetic()) {
                    field.setAccessible(true);
                    Object value = field.get(Modifier.isStatic(field.getModifiers()) ? null : object);
                    text.append(field.getName()).append('=').append(value)
                            .append(value == null ? "" : ":" + value.getClass().getSimpleName()).append(' ');
                }
            }
        }
        return text.toString();
    }

    private static String mapped(final QueryResult result, final Class<?> type) throws Exception {
        StringBuilder text = new StringBuilder();
        for (Object object : new InfluxDBResultMapper().toPOJO(result, type)) {
            text.append(shown(object)).append(';');
        }
        return text.toString();
    }

    private void everyTypeFromEveryValue() {
        Object[] values = {null, 1.0, 1.9, -2.5, 127.0, 128.0, 32768.0, 9007199254740992.0, -2147483648.0, 2147483648.0,
            1e300, Double.NaN, 9.223372036854775E18, 0x1p63, "s", "5", "DAYS", true, "true", 5, 5L, Long.MAX_VALUE,
            4294967296L, BigInteger.ONE.shiftLeft(70), new BigDecimal("1.5"), "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.123456789Z", "2020-01-01T00:00:00+01:00", ""};
        for (Field field : Types.class.getDeclaredFields()) {
            String column = field.getAnnotation(Column.class).name();
            for (Object value : values) {
                String kind = value == null ? "null" : value.getClass().getSimpleName() + " " + value;
                trace.step("field " + column + " from " + kind,
                        () -> mapped(result("types", null, List.of(column), value), Types.class));
            }
        }
    }

    private void times() {
        Object[] times = {0.0, 5.0, -5.0, 1.5, 1577836800.0, 1577836800123L, 7, -7, "2020-01-01T00:00:00.1Z",
            "2020-01-01", "bad", ""};
        for (TimeUnit unit : TimeUnit.values()) {
            String finer = unit.compareTo(TimeUnit.MILLISECONDS) < 0 ? "finer " : "";
            for (Object time : times) {
                trace.step("time " + finer + unit + " " + time.getClass().getSimpleName() + " " + time,
                        () -> new InfluxDBResultMapper().toPOJO(
                                result("plain", null, List.of("time"), time), Plain.class, unit).get(0).time);
            }
        }
        trace.step("time whole nanoseconds", () -> new InfluxDBResultMapper().toPOJO(
                result("plain", null, List.of("time"), 1577836800123456789L), Plain.class,
                        TimeUnit.NANOSECONDS).get(0).time);
        trace.step("time out of reach", () -> new InfluxDBResultMapper().toPOJO(
                result("plain", null, List.of("time"), Long.MAX_VALUE), Plain.class, TimeUnit.DAYS).get(0).time);
        trace.step("time without a unit", () -> new InfluxDBResultMapper().toPOJO(
                result("plain", null, List.of("time"), 5.0), Plain.class, (TimeUnit) null).size());
    }

    private void shapes() {
        Map<String, String> tags = new HashMap<>();
        tags.put("host", "a");
        tags.put("other", "b");
        QueryResult tagged = result("plain", tags, List.of("usage"), 2.0);
        trace.step("tags", () -> mapped(tagged, Plain.class));
        trace.step("tags alone", () -> mapped(result("plain", tags, List.of("zz"), 2.0), Plain.class));
        trace.step("no tags", () ->
                mapped(result("plain", Collections.emptyMap(), List.of("usage"), 2.0), Plain.class));
        trace.step("nulls", () ->
                mapped(result("plain", null, List.of("usage", "count", "host"), null, null, null), Plain.class));
        trace.step("unknown columns", () ->
                mapped(result("plain", null, List.of("x", "usage", "y"), 1.0, 2.0, 3.0), Plain.class));
        trace.step("no known column", () -> mapped(result("plain", null, List.of("x"), 1.0), Plain.class));
        trace.step("other letters", () -> mapped(result("plain", null, List.of("USAGE"), 1.0), Plain.class));
        trace.step("other measurement", () -> mapped(result("x", null, List.of("usage"), 1.0), Plain.class));
        trace.step("no measurement", () -> mapped(result(null, null, List.of("usage"), 1.0), Plain.class));
        trace.step("short row", () -> mapped(result("plain", null, List.of("usage", "count"), 1.0), Plain.class));
        trace.step("no result", () -> mapped(null, Plain.class));
        trace.step("no class", () -> mapped(tagged, null));
        trace.step("empty result", () -> mapped(new QueryResult(), Plain.class));
        trace.step("error", () -> {
            QueryResult failed = result("plain", null, List.of("usage"), 1.0);
            failed.setError("boom");
            return mapped(failed, Plain.class);
        });
        trace.step("error of a statement", () -> {
            QueryResult failed = result("plain", null, List.of("usage"), 1.0);
            failed.getResults().addAll(result("plain", null, List.of("usage"), 1.0).getResults());
            failed.getResults().get(1).setError("second");
            return mapped(failed, Plain.class);
        });
        trace.step("no series", () -> {
            QueryResult none = new QueryResult();
            none.setResults(new ArrayList<>(List.of(new QueryResult.Result())));
            return mapped(none, Plain.class);
        });
        trace.step("several", () -> {
            QueryResult all = result("plain", null, List.of("usage"), 1.0);
            all.getResults().addAll(result("plain", tags, List.of("count"), 2.0).getResults());
            all.getResults().get(0).getSeries().addAll(
                    result("x", null, List.of("usage"), 3.0).getResults().get(0).getSeries());
            all.getResults().get(0).getSeries().get(0).getValues().add(Arrays.asList(4.0));
            return mapped(all, Plain.class);
        });
        trace.step("no rows", () -> {
            QueryResult none = result("plain", null, List.of("usage"), 1.0);
            none.getResults().get(0).getSeries().get(0).setValues(null);
            return mapped(none, Plain.class);
        });
        trace.step("no columns", () -> {
            QueryResult none = result("plain", null, List.of("usage"), 1.0);
            none.getResults().get(0).getSeries().get(0).setColumns(null);
            return mapped(none, Plain.class);
        });
        trace.step("named measurement", () -> new InfluxDBResultMapper().toPOJO(
                result("x", null, List.of("usage"), 1.0), Plain.class, "x").size());
        trace.step("null measurement", () -> new InfluxDBResultMapper().toPOJO(tagged, Plain.class, (String) null));
        trace.step("any class", () -> new InfluxDBResultMapper().toPOJO(
                result("x", null, List.of("usage"), 1.0), String.class, "x").size());
        trace.step("the list", () -> {
            List<Plain> list = new InfluxDBResultMapper().toPOJO(tagged, Plain.class);
            list.add(new Plain());
            return list.size();
        });
    }

    private void classes() {
        trace.step("unmarked", () -> mapped(result("derived", null, List.of("own"), 1.0), Unmarked.class));
        trace.step("derived", () -> mapped(
                result("derived", null, List.of("own", "base", "shadowed"), 1.0, 2.0, 3.0), Derived.class));
        trace.step("two classes above", () -> mapped(
                result("lowest", null, List.of("middle", "base"), "x", 2.0), Lowest.class));
        trace.step("all fields", () ->
                mapped(result("all", Map.of("tag", "z"), List.of("a", "passing", "left", "renamed",
                "other", "text", "time", "CONSTANT"), 12.0, 13.0, "in", 14.5, 15.5, "y", "2020-01-01T00:00:00Z", 3.0),
                AllFields.class));
        trace.step("no constructor", () -> mapped(result("m", null, List.of("v"), 1.0), NoConstructor.class));
        trace.step("private constructor", () -> mapped(result("m", null, List.of("v"), 1.0), PrivateConstructor.class));
        trace.step("failing constructor", () -> mapped(result("m", null, List.of("v"), 1.0), FailingConstructor.class));
        trace.step("abstract", () -> mapped(result("m", null, List.of("v"), 1.0), Abstract.class));
        trace.step("two fields", () -> mapped(result("m", null, List.of("v"), 7.0), Twice.class));
        trace.step("tag of a number", () ->
                mapped(result("types", Map.of("int", "7"), List.of("double"), 1.0), Types.class));
    }

    private static String written(final Object object) {
        Point point = Point.measurement("w").time(1, TimeUnit.HOURS).addFieldsFromPOJO(object).build();
        return point + point.lineProtocol();
    }

    private void points() {
        Object[] objects = {new AllFields(), new Nothing(), new Empty(), new EmptyTag(), new Sizes(), new Twice(),
                new Big(),
            new OneByte(), new LongTime(), new PlainTime(), new Millis(), "text", new Object(), new Base<Integer>()};
        for (Object object : objects) {
            trace.step("write " + object.getClass().getSimpleName(), () -> written(object));
        }
        trace.step("write tag that is a number", () -> written(new OddTags()));
        trace.step("write tag that is a constant", () -> written(new EnumTag()));
        trace.step("write field that is a constant", () -> written(new EnumField()));
        trace.step("write constant with a text of its own", () -> written(new Levels()));
        trace.step("read constant with a text of its own", () ->
                mapped(result("m", null, List.of("level"), "LOW"), Levels.class));
        trace.step("write null", () -> written(null));
        trace.step("write derived", () -> {
            Derived derived = new Derived();
            ((Base<Integer>) derived).base = 5;
            return written(derived);
        });
        trace.step("write with variables two classes above", () -> {
            Lowest lowest = new Lowest();
            ((Base<Long>) lowest).base = 5L;
            ((Middle<String, Long>) lowest).middle = "x";
            return written(lowest);
        });
        trace.step("write variable of no meaning", () -> {
            Base<Integer> base = new Base<>();
            base.base = 5;
            return written(base);
        });
        for (Instant time : new Instant[] {null, Instant.EPOCH, Instant.ofEpochSecond(-1, 123456789),
            Instant.ofEpochSecond(1577836800, 123456789), Instant.ofEpochSecond(32503680000L), Instant.MAX,
                    Instant.MIN}) {
            trace.step("write millis " + time, () -> {
                Millis object = new Millis();
                object.time = time;
                return written(object);
            });
            trace.step("write micros " + time, () -> {
                Micros object = new Micros();
                object.time = time;
                return written(object);
            });
            trace.step("write days " + time, () -> {
                Days object = new Days();
                object.time = time;
                return written(object);
            });
            trace.step("write nanos " + time, () -> {
                Plain object = new Plain();
                object.time = time;
                return written(object);
            });
        }
        trace.step("measurement of a class", () -> Point.measurementByPOJO(Plain.class).addField("a", 1).build());
        trace.step("measurement of an unmarked class", () -> Point.measurementByPOJO(String.class));
        trace.step("measurement of null", () -> Point.measurementByPOJO(null));
        trace.step("measurement of a derived class", () -> Point.measurementByPOJO(Unmarked.class));
    }

    private void oneObject() {
        Plain plain = new Plain();
        plain.time = trace.chance(10) ? null : Instant.ofEpochSecond(trace.random().nextInt(),
                trace.random().nextInt(1_000_000_000));
        plain.host = trace.chance(10) ? null : "host" + trace.random().nextInt(9);
        plain.count = trace.random().nextInt();
        plain.usage = trace.chance(10) ? null : trace.random().nextGaussian();
        plain.free = trace.chance(10) ? null : trace.random().nextLong();
        plain.on = trace.random().nextBoolean();
        plain.note = trace.chance(10) ? null : "note \"" + trace.random().nextInt() + "\\";
        trace.step("write " + plain.time + plain.host + plain.count + plain.usage, () -> {
            Point point = Point.measurementByPOJO(Plain.class).addFieldsFromPOJO(plain).build();
            return point + point.lineProtocol() + point.lineProtocol(TimeUnit.SECONDS);
        });
    }

    private void oneResult() {
        List<String> columns = new ArrayList<>(List.of("time", "host", "count", "usage", "free", "on", "note", "more"));
        Collections.shuffle(columns, trace.random());
        Map<String, Object> row = new HashMap<>();
        row.put("time", Instant.ofEpochSecond(trace.random().nextInt(),
                trace.random().nextInt(1_000_000_000)).toString());
        row.put("host", trace.text());
        row.put("count", (double) trace.random().nextInt());
        row.put("usage", trace.random().nextGaussian());
        row.put("free", (double) (trace.random().nextLong() >> 11));
        row.put("on", trace.random().nextBoolean());
        row.put("note", trace.text());
        if (trace.chance(30)) {
            row.put(columns.get(0), null);
        }
        Object[] values = columns.stream().map(row::get).toArray();
        trace.step("read " + columns + Arrays.toString(values),
                () -> mapped(result("plain", null, columns, values), Plain.class));
    }

    private void mapper() {
        StringBuilder calls = new StringBuilder();
        QueryResult[] answer = {result("placed", null, List.of("v"), 7.0)};
        InfluxDB client = (InfluxDB) Proxy.newProxyInstance(InfluxDB.class.getClassLoader(),
                new Class<?>[] {InfluxDB.class},
                (proxy, method, arguments) -> {
                    calls.append(method.getName()).append('(');
                    for (Object argument : arguments) {
                        calls.append(argument instanceof Query
                                ? ((Query) argument).getCommand() + "|" + ((Query) argument).getDatabase()
                                        + "|" + ((Query) argument).requiresPost()
                                : argument).append(',');
                    }
                    calls.append(')');
                    return method.getReturnType() == QueryResult.class ? answer[0] : null;
                });
        InfluxDBMapper mapper = new InfluxDBMapper(client);
        trace.step("mapper query", () -> mapper.query(new Query("c", "d"), Placed.class).get(0).v + called(calls));
        trace.step("mapper query of a class", () -> mapper.query(Placed.class).get(0).v + called(calls));
        trace.step("mapper query by name", () ->
                mapper.query(new Query("c", "d"), Placed.class, "x").size() + called(calls));
        trace.step("mapper query of two words", () -> mapper.query(TwoWords.class).size() + called(calls));
        trace.step("mapper query without a database", () -> mapper.query(Plain.class).size() + called(calls));
        trace.step("mapper query unmarked", () ->
                mapper.query(new Query("c", "d"), String.class).size() + called(calls));
        trace.step("mapper save", () -> {
            mapper.save(new Placed());
            return called(calls);
        });
        trace.step("mapper save without a database", () -> {
            mapper.save(new Sizes());
            return called(calls);
        });
        trace.step("mapper save unmarked", () -> {
            mapper.save("x");
            return called(calls);
        });
        trace.step("mapper save null", () -> {
            mapper.save(null);
            return called(calls);
        });
        trace.step("mapper save nothing", () -> {
            mapper.save(new Empty());
            return called(calls);
        });
    }

    private static String called(final StringBuilder calls) {
        String text = calls.toString();
        calls.setLength(0);
        return text;
    }
}
