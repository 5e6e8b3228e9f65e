package io.influxclient;

import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import java.math.BigInteger;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A query and how to ask it. Immutable: each method returns a new query. May be used by any thread and as often as
 * wanted.
 *
 * <p>What only reads goes out as GET, on any endpoint and, if that one cannot be reached, on the others. What changes
 * something goes out as POST, once.
 */
public final class Query implements Cloneable {

    private static final int BY_EFFECT = 0;
    private static final int GET = 1;
    private static final int POST = 2;

    private final String statement;
    private String database;
    private String retentionPolicy;
    private int method = BY_EFFECT;
    private Precision epoch = Precision.NANOSECONDS;
    private int chunk = -1;
    private Map<String, Object> bound = Map.of();
    private Duration deadline;
    private Duration hedge;

    private Query(String statement) {
        this.statement = Objects.requireNonNull(statement, "statement");
    }

    /**
     * A query with this text.
     *
     * @param statement one InfluxQL statement, or several with semicolons between them
     * @return the query
     * @throws NullPointerException if the text is null
     */
    public static Query of(String statement) {
        return new Query(statement);
    }

    private Query copy() {
        try {
            return (Query) clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this class can be cloned", e);
        }
    }

    /**
     * The database that the statement is about, if not the client's.
     *
     * @param name its name
     * @return this query with it
     * @throws NullPointerException if the name is null
     */
    public Query database(String name) {
        Query query = copy();
        query.database = Objects.requireNonNull(name, "database");
        return query;
    }

    /**
     * The retention policy in which measurements are looked for that name none.
     *
     * @param name its name
     * @return this query with it
     * @throws NullPointerException if the name is null
     */
    public Query retentionPolicy(String name) {
        Query query = copy();
        query.retentionPolicy = Objects.requireNonNull(name, "retention policy");
        return query;
    }

    /**
     * Sends the query as GET, whatever it does.
     *
     * @return this query as GET
     */
    public Query get() {
        Query query = copy();
        query.method = GET;
        return query;
    }

    /**
     * Sends the query as POST, whatever it does.
     *
     * @return this query as POST
     */
    public Query post() {
        Query query = copy();
        query.method = POST;
        return query;
    }

    /**
     * In which unit the server gives times. Those of {@link Row#time()} are right in any, but rounded.
     *
     * @param precision the unit; nanoseconds unless set
     * @return this query with it
     * @throws NullPointerException if the precision is null
     */
    public Query epoch(Precision precision) {
        Query query = copy();
        query.epoch = Objects.requireNonNull(precision, "precision");
        return query;
    }

    /**
     * Asks for the rows in chunks. {@link InfluxClient#query} joins them again; what is gained is that a server tells
     * errors which come after the first rows, and that its limit on rows does not count. {@link InfluxClient#stream}
     * gives them as they arrive.
     *
     * @param rows how many rows a chunk has; a stream without this has 10,000
     * @return this query in chunks
     * @throws IllegalArgumentException if the number is less than 1
     */
    public Query chunked(int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("a chunk has one row at least, not " + rows);
        }
        Query query = copy();
        query.chunk = rows;
        return query;
    }

    private Query bound(String name, Object value) {
        Query query = copy();
        query.bound = new LinkedHashMap<>(bound);
        query.bound.put(Objects.requireNonNull(name, "name"), value);
        return query;
    }

    /**
     * A value for {@code $name} in the statement, which nothing in it can leave. Servers since 1.0 know this.
     *
     * @param name the name without the dollar sign
     * @param value the text
     * @return this query with it
     * @throws NullPointerException if the name or the value is null
     */
    public Query bind(String name, String value) {
        return bound(name, Objects.requireNonNull(value, "value"));
    }

    /**
     * A value for {@code $name} in the statement.
     *
     * @param name the name without the dollar sign
     * @param value the number
     * @return this query with it
     * @throws NullPointerException if the name is null
     */
    public Query bind(String name, long value) {
        return bound(name, value);
    }

    /**
     * A value for {@code $name} in the statement.
     *
     * @param name the name without the dollar sign
     * @param value the number
     * @return this query with it
     * @throws NullPointerException if the name is null
     * @throws IllegalArgumentException if the number is NaN or infinite
     */
    public Query bind(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("a value for a query is a finite number, not " + value);
        }
        return bound(name, value);
    }

    /**
     * A value for {@code $name} in the statement.
     *
     * @param name the name without the dollar sign
     * @param value the value
     * @return this query with it
     * @throws NullPointerException if the name is null
     */
    public Query bind(String name, boolean value) {
        return bound(name, value);
    }

    /**
     * The time for the whole call; for a stream, the longest wait for its next piece.
     *
     * @param time a time span; that of the client unless set
     * @return this query with it
     * @throws IllegalArgumentException if it is negative
     */
    public Query deadline(Duration time) {
        Query query = copy();
        query.deadline = InfluxClientBuilder.checked(time);
        return query;
    }

    /**
     * Asks a second endpoint as well if the first has not answered after this time, and takes the first complete
     * answer. Only what merely reads is asked twice. It has no effect on streams, and with a single endpoint.
     *
     * @param after a time span
     * @return this query with it
     * @throws IllegalArgumentException if it is negative
     */
    public Query hedge(Duration after) {
        Query query = copy();
        query.hedge = InfluxClientBuilder.checked(after);
        return query;
    }

    Precision epoch() {
        return epoch;
    }

    byte[] frame() {
        FrameWriter frame = new FrameWriter()
                .text(statement)
                .text(database)
                .text(retentionPolicy)
                .u8(method)
                .text(epoch.wireName())
                .i32(chunk)
                .i32(bound.size());
        bound.forEach((name, value) -> {
            frame.text(name);
            put(frame, value);
        });
        return frame.duration(deadline).duration(hedge).toBytes();
    }

    private static void put(FrameWriter frame, Object value) {
        if (value instanceof Boolean) {
            frame.u8((Boolean) value ? 2 : 1);
        } else if (value instanceof Long) {
            frame.u8(3).i64((Long) value);
        } else if (value instanceof Double) {
            frame.u8(5).f64((Double) value);
        } else {
            frame.u8(6).text((String) value);
        }
    }

    /** A value of an answer: null, Boolean, Long, BigInteger (over 2^63-1), Double or String. */
    static Object value(FrameReader frame) {
        int kind = frame.u8();
        switch (kind) {
            case 0:
                return null;
            case 1:
            case 2:
                return kind == 2;
            case 3:
                return frame.i64();
            case 4:
                return new BigInteger(Long.toUnsignedString(frame.i64()));
            case 5:
                return frame.f64();
            case 6:
            case 7:
                return frame.text();
            default:
                throw new InternalException("a value of kind " + kind);
        }
    }

    /** Without the values: one may be a password. */
    @Override
    public String toString() {
        return "Query on " + database + " with " + bound.keySet();
    }
}
