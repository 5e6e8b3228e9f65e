package org.influxdb;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.influxdb.dto.Pong;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;

/**
 * A client of one InfluxDB 1.x server or cluster address. Instances come from {@link InfluxDBFactory} and are safe for
 * use by many threads.
 *
 * <p><b>Failures.</b> A call to the server fails with an {@link InfluxDBException}: of the nested classes where one
 * fits, of {@link InfluxDBIOException} where no reply came. What is known of the data of a write is in the cause: an
 * {@code io.influxclient.WriteException} with its outcome, its advice and the refused lines. The cause of an
 * {@link InfluxDBIOException} is an {@link java.io.IOException}, and that one is at the end of its chain, or suppressed
 * by it where the chain cannot be made longer. {@link InfluxDBException#isRetryWorth()} is true where sending the same
 * data again can help and does no harm to data that have times.
 *
 * <p><b>Interrupts.</b> An interrupt of a thread that waits for the reply to a query ends the call with an {@link
 * InfluxDBIOException} caused by an {@link java.io.InterruptedIOException}; what was sent may still be carried out. A
 * write under way goes on until the reply or its time-out comes; one that an interrupted thread begins ends in the same
 * exception, and nothing is sent. Where requests go through OkHttp, as {@link org.influxdb.impl.InfluxDBImpl} says, an
 * interrupt of either is noticed between reads, and a read under way goes on until bytes or its time-out come. The
 * interrupt status stays set.
 *
 * <p>A property, {@code influxdb-java.legacy=true}, brings back what influxdb-java 2.25 does where this class
 * differs from it on purpose; {@code docs/} of the project lists those differences.
 */
public interface InfluxDB extends AutoCloseable {

    /** The system property with the name of the {@link LogLevel} that new clients begin with. */
    String LOG_LEVEL_PROPERTY = "org.influxdb.InfluxDB.logLevel";

    /**
     * How much of requests and replies is logged, by the logger {@code okhttp3.OkHttpClient} at the level {@code INFO}.
     * Credentials and passwords in statements never are.
     */
    enum LogLevel {
        /** Nothing. */
        NONE,
        /** Method and address of a request; status, duration and size of its reply. */
        BASIC,
        /** Besides, the headers; that of the credentials without its value. */
        HEADERS,
        /** Besides, the bodies. */
        FULL;

        /**
         * Reads a level.
         *
         * @param value a name of a level, in upper or lower case
         * @return the level; {@link #NONE} where the name is null or no level's
         */
        public static LogLevel parseLogLevel(String value) {
            for (LogLevel level : values()) {
                if (level.name().equalsIgnoreCase(value)) {
                    return level;
                }
            }
            return NONE;
        }
    }

    /** How many replicas have to acknowledge a write. */
    enum ConsistencyLevel {
        /** All of them. */
        ALL,
        /** Any node, be it only as a hint for the owners. */
        ANY,
        /** One of them. */
        ONE,
        /** More than half of them. */
        QUORUM;

        /**
         * The level's name on the wire.
         *
         * @return the name in lower case
         */
        public String value() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** In which form results of queries are asked for. */
    enum ResponseFormat {
        /** JSON: every number is a {@link Double}, times are text unless a unit is asked for. */
        JSON,
        /** MessagePack, from InfluxDB 1.4 on: whole numbers are {@link Long}, times are nanoseconds. */
        MSGPACK
    }

    /** A query whose result comes in chunks. */
    interface Cancellable {

        /**
         * Ends the query: no more chunks are handed over, and the connection is given up. Repeating this does
         * nothing.
         */
        void cancel();

        /**
         * Whether the query was cancelled.
         *
         * @return true once {@link #cancel()} was called
         */
        boolean isCanceled();
    }

    /**
     * Sets what is logged from now on.
     *
     * @param logLevel the level
     * @return this client
     */
    InfluxDB setLogLevel(LogLevel logLevel);

    /**
     * Compresses the bodies of writes from now on.
     *
     * @return this client
     */
    InfluxDB enableGzip();

    /**
     * Sends writes as they are from now on.
     *
     * @return this client
     */
    InfluxDB disableGzip();

    /**
     * Whether the bodies of writes are compressed.
     *
     * @return true if so
     */
    boolean isGzipEnabled();

    /**
     * Collects points and writes them in the background, with {@link BatchOptions#DEFAULTS}.
     *
     * <p>Call {@link #close()} or {@link #disableBatch()} before the program ends. Where nobody did, what is queued is
     * sent once when the JVM ends in order, for ten seconds at most, and what fails then is lost. (With the system
     * property {@code influxdb-java.legacy} the threads of batching keep the JVM alive instead.)
     *
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     */
    InfluxDB enableBatch();

    /**
     * Collects points and writes them in the background. {@link #write(Point)}, {@link #write(String, String, Point)}
     * and {@link #write(int, Point)} return when the point is queued; other writes are not affected.
     *
     * @param batchOptions what to collect, when to send and whom to tell
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     * @throws IllegalArgumentException if a number of the options is out of its range
     */
    InfluxDB enableBatch(BatchOptions batchOptions);

    /**
     * Collects points and writes each batch once: where that fails the points are gone, and a line is logged.
     *
     * @param actions how many points make a batch, at least 1
     * @param flushDuration after what time a smaller batch is sent, at least 1
     * @param flushDurationTimeUnit the unit of that time
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     * @throws IllegalArgumentException if a number is out of its range
     */
    InfluxDB enableBatch(int actions, int flushDuration, TimeUnit flushDurationTimeUnit);

    /**
     * As {@link #enableBatch(int, int, TimeUnit)}, with threads of one's own.
     *
     * @param actions how many points make a batch, at least 1
     * @param flushDuration after what time a smaller batch is sent, at least 1
     * @param flushDurationTimeUnit the unit of that time
     * @param threadFactory makes the thread that sends
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     * @throws IllegalArgumentException if a number is out of its range
     */
    InfluxDB enableBatch(int actions, int flushDuration, TimeUnit flushDurationTimeUnit, ThreadFactory threadFactory);

    /**
     * As {@link #enableBatch(int, int, TimeUnit, ThreadFactory, BiConsumer)}, at a level.
     *
     * @param actions how many points make a batch, at least 1
     * @param flushDuration after what time a smaller batch is sent, at least 1
     * @param flushDurationTimeUnit the unit of that time
     * @param threadFactory makes the thread that sends
     * @param exceptionHandler is told of points that will not be sent again, and why
     * @param consistency the level of the batches; null for {@link ConsistencyLevel#ONE}
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     * @throws IllegalArgumentException if a number is out of its range
     */
    InfluxDB enableBatch(
            int actions,
            int flushDuration,
            TimeUnit flushDurationTimeUnit,
            ThreadFactory threadFactory,
            BiConsumer<Iterable<Point>, Throwable> exceptionHandler,
            ConsistencyLevel consistency);

    /**
     * As {@link #enableBatch(int, int, TimeUnit, ThreadFactory)}, with somebody to tell of failures.
     *
     * @param actions how many points make a batch, at least 1
     * @param flushDuration after what time a smaller batch is sent, at least 1
     * @param flushDurationTimeUnit the unit of that time
     * @param threadFactory makes the thread that sends
     * @param exceptionHandler is told of points that will not be sent again, and why; see
     *     {@link BatchOptions#exceptionHandler(BiConsumer)}
     * @return this client
     * @throws IllegalStateException if batching is enabled already
     * @throws IllegalArgumentException if a number is out of its range
     */
    InfluxDB enableBatch(
            int actions,
            int flushDuration,
            TimeUnit flushDurationTimeUnit,
            ThreadFactory threadFactory,
            BiConsumer<Iterable<Point>, Throwable> exceptionHandler);

    /** Sends what is queued and stops collecting. Does nothing where batching is not enabled. */
    void disableBatch();

    /**
     * Whether points are collected.
     *
     * @return true if so
     */
    boolean isBatchEnabled();

    /**
     * Asks the server for a sign of life.
     *
     * @return its version, {@code unknown} where the reply has none, and the time it took in milliseconds
     * @throws InfluxDBIOException if no reply came
     */
    Pong ping();

    /**
     * The server's version.
     *
     * @return the version; {@code unknown} where the reply has none
     * @throws InfluxDBIOException if no reply came
     */
    String version();

    /**
     * Writes a point to the database and retention policy of this client; where batching is enabled, queues it, and
     * waits while the queue is full.
     *
     * @param point the point
     * @throws InfluxDBException if the write fails; not where batching is enabled
     */
    void write(Point point);

    /**
     * Writes lines of line protocol with times in nanoseconds to the database and retention policy of this client.
     *
     * @param records the lines, with line feeds between them
     * @throws InfluxDBException if the write fails
     */
    void write(String records);

    /**
     * As {@link #write(String)}.
     *
     * @param records the lines
     * @throws InfluxDBException if the write fails
     */
    void write(List<String> records);

    /**
     * Writes a point, or queues it where batching is enabled; see {@link #write(Point)}.
     *
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param point the point
     * @throws InfluxDBException if the write fails; not where batching is enabled
     */
    void write(String database, String retentionPolicy, Point point);

    /**
     * Sends a point as a datagram, or queues it where batching is enabled. Whether it arrives is never known.
     *
     * @param udpPort the port at this client's server
     * @param point the point
     * @throws InfluxDBIOException if it cannot be sent
     */
    void write(int udpPort, Point point);

    /**
     * Writes points in one request, whether or not batching is enabled.
     *
     * @param batchPoints the points; where they name no database, they go to that of this client
     * @throws InfluxDBException if the write fails
     */
    void write(BatchPoints batchPoints);

    /**
     * Writes points in one request. Where batching is enabled with room for failed points (see
     * {@link BatchOptions#bufferLimit(int)}), a failed batch is queued to be sent again, and nothing is thrown.
     *
     * @param batchPoints the points
     * @throws InfluxDBException if the write fails; not where failed batches are sent again
     */
    void writeWithRetry(BatchPoints batchPoints);

    /**
     * Writes lines of line protocol with times in nanoseconds.
     *
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param consistency the level
     * @param records the lines, with line feeds between them
     * @throws InfluxDBException if the write fails
     */
    void write(String database, String retentionPolicy, ConsistencyLevel consistency, String records);

    /**
     * Writes lines of line protocol.
     *
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param consistency the level
     * @param precision the unit of the times in the lines
     * @param records the lines, with line feeds between them
     * @throws IllegalArgumentException if the unit is {@link TimeUnit#DAYS}
     * @throws InfluxDBException if the write fails
     */
    void write(
            String database, String retentionPolicy, ConsistencyLevel consistency, TimeUnit precision, String records);

    /**
     * Writes lines of line protocol with times in nanoseconds.
     *
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param consistency the level
     * @param records the lines
     * @throws InfluxDBException if the write fails
     */
    void write(String database, String retentionPolicy, ConsistencyLevel consistency, List<String> records);

    /**
     * Writes lines of line protocol.
     *
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param consistency the level
     * @param precision the unit of the times in the lines
     * @param records the lines
     * @throws IllegalArgumentException if the unit is {@link TimeUnit#DAYS}
     * @throws InfluxDBException if the write fails
     */
    void write(
            String database,
            String retentionPolicy,
            ConsistencyLevel consistency,
            TimeUnit precision,
            List<String> records);

    /**
     * Sends lines of line protocol as one datagram. Whether it arrives is never known.
     *
     * @param udpPort the port at this client's server
     * @param records the lines, with line feeds between them
     * @throws InfluxDBIOException if it cannot be sent
     */
    void write(int udpPort, String records);

    /**
     * As {@link #write(int, String)}.
     *
     * @param udpPort the port at this client's server
     * @param records the lines
     * @throws InfluxDBIOException if they cannot be sent
     */
    void write(int udpPort, List<String> records);

    /**
     * Asks a query and waits for its result. A query without a database asks that of this client.
     *
     * @param query the query
     * @return the result; errors of single statements are in it; null where the answer is a success without a body
     *     (status 204, as some proxies answer)
     * @throws InfluxDBException if the query as a whole is refused, or no whole reply came
     */
    QueryResult query(Query query);

    /**
     * Asks a query in the background. What the two given here throw is logged.
     *
     * @param query the query
     * @param onSuccess is handed the result, in another thread; null where the answer is a success without a body
     * @param onFailure is handed what went wrong, in another thread
     */
    void query(Query query, Consumer<QueryResult> onSuccess, Consumer<Throwable> onFailure);

    /**
     * Asks a query in the background and hands over its result in chunks; at the end comes one whose error is
     * {@code DONE}. Failures are logged.
     *
     * @param query the query
     * @param chunkSize how many points a chunk has, at most
     * @param onNext is handed each chunk, one after the other, in another thread
     */
    void query(Query query, int chunkSize, Consumer<QueryResult> onNext);

    /**
     * As {@link #query(Query, int, Consumer)}, and can be ended early.
     *
     * @param query the query
     * @param chunkSize how many points a chunk has, at most
     * @param onNext is handed each chunk, and what ends the query
     */
    void query(Query query, int chunkSize, BiConsumer<Cancellable, QueryResult> onNext);

    /**
     * As {@link #query(Query, int, Consumer)}, and tells of the end.
     *
     * @param query the query
     * @param chunkSize how many points a chunk has, at most
     * @param onNext is handed each chunk
     * @param onComplete is run after the last chunk
     */
    void query(Query query, int chunkSize, Consumer<QueryResult> onNext, Runnable onComplete);

    /**
     * As {@link #query(Query, int, BiConsumer)}, and tells of the end.
     *
     * @param query the query
     * @param chunkSize how many points a chunk has, at most
     * @param onNext is handed each chunk, and what ends the query
     * @param onComplete is run after the last chunk; not after a failure or once cancelled
     */
    void query(Query query, int chunkSize, BiConsumer<Cancellable, QueryResult> onNext, Runnable onComplete);

    /**
     * As {@link #query(Query, int, BiConsumer, Runnable)}, and tells of failures.
     *
     * @param query the query
     * @param chunkSize how many points a chunk has, at most
     * @param onNext is handed each chunk, and what ends the query
     * @param onComplete is run after the last chunk; not after a failure or once cancelled
     * @param onFailure is handed what went wrong; null to have it logged
     */
    void query(
            Query query,
            int chunkSize,
            BiConsumer<Cancellable, QueryResult> onNext,
            Runnable onComplete,
            Consumer<Throwable> onFailure);

    /**
     * Asks a query whose times are to come as numbers.
     *
     * @param query the query
     * @param timeUnit the unit of the times in the result
     * @return the result; errors of single statements are in it; null where the answer is a success without a body
     *     (status 204, as some proxies answer)
     * @throws IllegalArgumentException if the unit is {@link TimeUnit#DAYS}
     * @throws InfluxDBException if the query as a whole is refused, or no whole reply came
     */
    QueryResult query(Query query, TimeUnit timeUnit);

    /**
     * Creates a database. An error of the statement itself is logged, not thrown.
     *
     * @param name its name
     * @throws IllegalArgumentException if the name is null or empty
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code CREATE DATABASE} tells what came of it
     */
    @Deprecated
    void createDatabase(String name);

    /**
     * Drops a database with all its data. An error of the statement itself is logged, not thrown.
     *
     * @param name its name
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code DROP DATABASE} tells what came of it
     */
    @Deprecated
    void deleteDatabase(String name);

    /**
     * The databases that the server shows.
     *
     * @return their names
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated ask the query {@code SHOW DATABASES}
     */
    @Deprecated
    List<String> describeDatabases();

    /**
     * Whether the server shows a database.
     *
     * @param name its name, upper and lower case told apart
     * @return true if so
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated ask the query {@code SHOW DATABASES}
     */
    @Deprecated
    boolean databaseExists(String name);

    /**
     * Sends what is queued and waits until that was tried once. Failures go where those of the background go.
     *
     * @throws IllegalStateException if batching is not enabled
     */
    void flush();

    /**
     * Sends what is queued, as {@link #disableBatch()}, and gives connections and threads back. Calls that
     * other threads have under way are neither waited for nor ended: what they use is given back behind the last one.
     * Queries in the background that have not begun fail.
     */
    @Override
    void close();

    /**
     * Sets the level of writes that do not name one: {@link #write(Point)}, {@link #write(String)},
     * {@link #write(List)} and {@link #write(String, String, Point)}, and of batching by {@link #enableBatch()} or the
     * forms without a level.
     *
     * @param consistency the level
     * @return this client
     */
    InfluxDB setConsistency(ConsistencyLevel consistency);

    /**
     * Sets the database of writes and queries that do not name one.
     *
     * @param database the name; null for none
     * @return this client
     */
    InfluxDB setDatabase(String database);

    /**
     * Sets the retention policy of writes that name neither a database nor a policy. At first it is {@code autogen}.
     *
     * @param retentionPolicy the name; null for the database's default
     * @return this client
     */
    InfluxDB setRetentionPolicy(String retentionPolicy);

    /**
     * Creates a retention policy. An error of the statement itself is logged, not thrown.
     *
     * @param rpName its name
     * @param database its database
     * @param duration how long it keeps points, such as {@code 30d}
     * @param shardDuration the duration of its shard groups; null or empty to leave it to the server
     * @param replicationFactor how many copies it keeps
     * @param isDefault whether it becomes the database's default
     * @throws IllegalArgumentException if a name is empty, or a duration or number is none
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code CREATE RETENTION POLICY} tells what came of it
     */
    @Deprecated
    void createRetentionPolicy(
            String rpName,
            String database,
            String duration,
            String shardDuration,
            int replicationFactor,
            boolean isDefault);

    /**
     * Creates a retention policy whose shard groups have the server's duration; see
     * {@link #createRetentionPolicy(String, String, String, String, int, boolean)}.
     *
     * @param rpName its name
     * @param database its database
     * @param duration how long it keeps points
     * @param replicationFactor how many copies it keeps
     * @param isDefault whether it becomes the database's default
     * @throws IllegalArgumentException if a name is empty, or a duration or number is none
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code CREATE RETENTION POLICY} tells what came of it
     */
    @Deprecated
    void createRetentionPolicy(
            String rpName, String database, String duration, int replicationFactor, boolean isDefault);

    /**
     * Creates a retention policy that is not the default; see
     * {@link #createRetentionPolicy(String, String, String, String, int, boolean)}.
     *
     * @param rpName its name
     * @param database its database
     * @param duration how long it keeps points
     * @param shardDuration the duration of its shard groups; null or empty to leave it to the server
     * @param replicationFactor how many copies it keeps
     * @throws IllegalArgumentException if a name is empty, or a duration or number is none
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code CREATE RETENTION POLICY} tells what came of it
     */
    @Deprecated
    void createRetentionPolicy(
            String rpName, String database, String duration, String shardDuration, int replicationFactor);

    /**
     * Drops a retention policy with all its data. An error of the statement itself is logged, not thrown.
     *
     * @param rpName its name
     * @param database its database
     * @throws IllegalArgumentException if a name is empty
     * @throws InfluxDBException if the request is refused, or no reply came
     * @deprecated a query {@code DROP RETENTION POLICY} tells what came of it
     */
    @Deprecated
    void dropRetentionPolicy(String rpName, String database);
}
