package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/** Settings of a background writer; see {@link InfluxClient#batchWriter}. For one thread at a time. */
public final class BatchWriterBuilder {

    private final InfluxClient client;
    private Precision precision = Precision.NANOSECONDS;
    private String database;
    private String retentionPolicy;
    private ConsistencyLevel consistency;
    private Duration deadline;
    private Duration shardGroup;
    private int maxPoints = -1;
    private long maxBytes = -1;
    private Duration linger;
    private int inFlight = -1;
    private long memory = -1;
    private Overflow overflow = Overflow.WAIT;
    private boolean checksFieldTypes = true;
    private boolean uncheckedLines;
    private boolean serverTime;
    private String spool;
    private long spoolLimit = -1;
    private BatchListener listener;
    private Duration closeLimit = Duration.ofSeconds(60);

    BatchWriterBuilder(InfluxClient client) {
        this.client = client;
    }

    private static long positive(long number, String what) {
        if (number < 1) {
            throw new IllegalArgumentException(what + " is 1 or more, not " + number);
        }
        return number;
    }

    /**
     * The unit of times in the batches and lines that are pushed.
     *
     * @param precision the unit; nanoseconds unless set
     * @return this builder
     * @throws NullPointerException if the precision is null
     */
    public BatchWriterBuilder precision(Precision precision) {
        this.precision = Objects.requireNonNull(precision, "precision");
        return this;
    }

    /**
     * The database to write to, if not the client's.
     *
     * @param name its name
     * @return this builder
     * @throws NullPointerException if the name is null
     */
    public BatchWriterBuilder database(String name) {
        database = Objects.requireNonNull(name, "database");
        return this;
    }

    /**
     * The retention policy to write to, if not the client's.
     *
     * @param name its name
     * @return this builder
     * @throws NullPointerException if the name is null
     */
    public BatchWriterBuilder retentionPolicy(String name) {
        retentionPolicy = Objects.requireNonNull(name, "retention policy");
        return this;
    }

    /**
     * The consistency level to ask for, if not the client's.
     *
     * @param level the level
     * @return this builder
     * @throws NullPointerException if the level is null
     */
    public BatchWriterBuilder consistency(ConsistencyLevel level) {
        consistency = Objects.requireNonNull(level, "level");
        return this;
    }

    /**
     * The time for each batch with all attempts and waits, if not the client's. A batch that is not acknowledged by
     * then has failed.
     *
     * @param time a time span
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public BatchWriterBuilder deadline(Duration time) {
        deadline = InfluxClientBuilder.checked(time);
        return this;
    }

    /**
     * Sends the points of each shard group in a request of their own: {@link WriteOptions#perShardGroup}.
     *
     * @param duration the shard duration of the retention policy
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public BatchWriterBuilder perShardGroup(Duration duration) {
        shardGroup = InfluxClientBuilder.checked(duration);
        return this;
    }

    /**
     * How many points a request has at most, and how many make one go without waiting for more.
     *
     * @param points a number from 1; 5,000 unless set
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public BatchWriterBuilder maxPoints(int points) {
        maxPoints = (int) positive(points, "a number of points");
        return this;
    }

    /**
     * How many bytes of line protocol a request has at most, unless it is one line, and how many make one go without
     * waiting for more.
     *
     * @param bytes a number from 1; 1 MiB unless set
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public BatchWriterBuilder maxBytes(long bytes) {
        maxBytes = positive(bytes, "a number of bytes");
        return this;
    }

    /**
     * How long a point waits for others to go with, at most, while there is a request free to take it.
     *
     * @param time a time span; 100 ms unless set
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public BatchWriterBuilder linger(Duration time) {
        linger = InfluxClientBuilder.checked(time);
        return this;
    }

    /**
     * How many requests are under way at once, at most. Points of one series never overtake each other.
     *
     * @param requests a number from 1 to 64; 4 unless set
     * @return this builder
     * @throws IllegalArgumentException if it is not from 1 to 64
     */
    public BatchWriterBuilder inFlight(int requests) {
        if (requests < 1 || requests > 64) {
            throw new IllegalArgumentException("requests under way are from 1 to 64, not " + requests);
        }
        inFlight = requests;
        return this;
    }

    /**
     * How much memory accepted and unsettled points may take. Never is more accepted. Counted are the bytes of line
     * protocol, 16 bytes a point, and 1 KiB for each request that what is gathered may be cut into; so without a spool
     * it has to be more than 1 KiB times {@link #inFlight}.
     *
     * @param bytes a number of bytes; 64 MiB unless set
     * @return this builder
     * @throws IllegalArgumentException if it is less than 1
     */
    public BatchWriterBuilder memory(long bytes) {
        memory = positive(bytes, "a number of bytes");
        return this;
    }

    /**
     * What happens to points for which there is no memory.
     *
     * @param overflow the rule; {@link Overflow#WAIT} unless set
     * @return this builder
     * @throws NullPointerException if the rule is null
     */
    public BatchWriterBuilder overflow(Overflow overflow) {
        this.overflow = Objects.requireNonNull(overflow, "overflow");
        return this;
    }

    /**
     * Whether points are refused that give a field another type than the batch has.
     *
     * @param on whether to check; yes unless set
     * @return this builder
     */
    public BatchWriterBuilder checkFieldTypes(boolean on) {
        checksFieldTypes = on;
        return this;
    }

    /**
     * Leaves it to the server to judge pushed lines: {@link LineProtocol#unchecked()}.
     *
     * @param on whether to leave it; no unless set
     * @return this builder
     */
    public BatchWriterBuilder uncheckedLines(boolean on) {
        uncheckedLines = on;
        return this;
    }

    /**
     * Whether pushed lines without a time get the server's, in place of the client's.
     *
     * @param on whether they do; no unless set
     * @return this builder
     */
    public BatchWriterBuilder serverTimeForLines(boolean on) {
        serverTime = on;
        return this;
    }

    /**
     * Keeps what is accepted on disk until it is settled, so that it outlives the process. Each push then waits for the
     * disk, and a batch that fails is tried again without end.
     *
     * @param directory a directory that no other writer uses
     * @param bytes how much may lie there
     * @return this builder
     * @throws NullPointerException if the directory is null
     * @throws IllegalArgumentException if the number is less than 1
     */
    public BatchWriterBuilder spool(Path directory, long bytes) {
        spool = directory.toString();
        spoolLimit = positive(bytes, "a number of bytes");
        return this;
    }

    /**
     * Is told what became of each batch.
     *
     * @param listener the listener
     * @return this builder
     * @throws NullPointerException if the listener is null
     */
    public BatchWriterBuilder listener(BatchListener listener) {
        this.listener = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /**
     * How long {@link BatchWriter#close()} waits for what is pending.
     *
     * @param time a time span; 60 s unless set
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public BatchWriterBuilder closeLimit(Duration time) {
        closeLimit = InfluxClientBuilder.checked(time);
        return this;
    }

    /**
     * Starts the writer.
     *
     * @return the writer; close it in the end
     * @throws InvalidSettingsException without a database, with a spool that cannot be used, or with too little
     *     {@link #memory} for any point
     * @throws IllegalStateException if the client is closed
     */
    public BatchWriter start() {
        return new BatchWriter(client, this);
    }

    Precision precision() {
        return precision;
    }

    BatchListener listener() {
        return listener;
    }

    Duration closeLimit() {
        return closeLimit;
    }

    byte[] frame() {
        return new FrameWriter()
                .text(precision.wireName())
                .text(database)
                .text(retentionPolicy)
                .text(ConsistencyLevel.wireName(consistency))
                .duration(deadline)
                .duration(shardGroup)
                .i32(maxPoints)
                .i64(maxBytes)
                .duration(linger)
                .i32(inFlight)
                .i64(memory)
                .u8(overflow.ordinal())
                .bool(checksFieldTypes)
                .bool(uncheckedLines)
                .u8(serverTime ? 1 : 0)
                .text(spool)
                .i64(spoolLimit)
                .bool(listener != null)
                .toBytes();
    }
}
