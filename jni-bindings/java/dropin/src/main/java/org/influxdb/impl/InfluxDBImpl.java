package org.influxdb.impl;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Logger;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBIOException;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.influxdb.dto.Pong;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import retrofit2.Retrofit;

/**
 * The client. Requests go through the native client where that honours all that the given settings carry: their
 * time-outs. Where they carry more, such as interceptors, TLS of their own, a proxy or an authenticator, requests go
 * through an {@link OkHttpClient} made of them, and programs see the same. After {@link #close()} it still answers
 * calls, except those in the background.
 */
public class InfluxDBImpl implements InfluxDB {

    private static final Logger LOG = Logger.getLogger(InfluxDBImpl.class.getName());

    private static final String DEFAULT_RETENTION_POLICY = "autogen";

    private final LoggingTransport transport;
    private final AsyncLane lane;
    private final Queries queries;
    private final UdpSender udp;

    private volatile boolean gzip;
    private volatile String database;
    private volatile String retentionPolicy = DEFAULT_RETENTION_POLICY;
    private volatile ConsistencyLevel consistency = ConsistencyLevel.ONE;
    /** Null while batching is not enabled. */
    private volatile BatchProcessor batchProcessor;

    /**
     * Makes a client.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name; null for no credentials
     * @param password the password; null for no credentials
     * @param okHttpBuilder the settings of its connections; left as they are
     * @param responseFormat in which form results of queries are asked for
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     * @throws InfluxDBIOException if the server's name has no address
     */
    public InfluxDBImpl(
            String url,
            String username,
            String password,
            OkHttpClient.Builder okHttpBuilder,
            ResponseFormat responseFormat) {
        Objects.requireNonNull(responseFormat, "responseFormat");
        HttpUrl server = Servers.parse(url);
        udp = new UdpSender(addressOf(server));
        OkHttpClient okHttp = okHttpBuilder.build();
        Credentials credentials = Credentials.of(username, password);
        transport = new LoggingTransport(Transports.choose(okHttp, server, credentials), server);
        transport.setLevel(LogLevel.parseLogLevel(System.getProperty(LOG_LEVEL_PROPERTY)));
        lane = new AsyncLane(okHttp.dispatcher());
        queries = new Queries(transport, lane, responseFormat);
    }

    /**
     * Makes a client, as influxdb-java does with settings of Retrofit. They are not used: nothing of them can be seen
     * from outside.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name; null for no credentials
     * @param password the password; null for no credentials
     * @param okHttpBuilder the settings of its connections; left as they are
     * @param retrofitBuilder not used
     * @param responseFormat in which form results of queries are asked for
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     * @throws InfluxDBIOException if the server's name has no address
     */
    public InfluxDBImpl(
            String url,
            String username,
            String password,
            OkHttpClient.Builder okHttpBuilder,
            Retrofit.Builder retrofitBuilder,
            ResponseFormat responseFormat) {
        this(url, username, password, okHttpBuilder, responseFormat);
    }

    /**
     * Makes a client whose results come as JSON.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name; null for no credentials
     * @param password the password; null for no credentials
     * @param okHttpBuilder the settings of its connections; left as they are
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     * @throws InfluxDBIOException if the server's name has no address
     */
    public InfluxDBImpl(String url, String username, String password, OkHttpClient.Builder okHttpBuilder) {
        this(url, username, password, okHttpBuilder, ResponseFormat.JSON);
    }

    /**
     * Makes a client with a place to write to.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name; null for no credentials
     * @param password the password; null for no credentials
     * @param okHttpBuilder the settings of its connections; left as they are
     * @param database the database
     * @param retentionPolicy the retention policy; null for the database's default
     * @param consistency the level
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     * @throws InfluxDBIOException if the server's name has no address
     */
    public InfluxDBImpl(
            String url,
            String username,
            String password,
            OkHttpClient.Builder okHttpBuilder,
            String database,
            String retentionPolicy,
            ConsistencyLevel consistency) {
        this(url, username, password, okHttpBuilder);
        setConsistency(consistency);
        setDatabase(database);
        setRetentionPolicy(retentionPolicy);
    }

    private static InetAddress addressOf(HttpUrl server) {
        try {
            return InetAddress.getByName(server.host());
        } catch (UnknownHostException e) {
            throw new InfluxDBIOException(e);
        }
    }

    @Override
    public InfluxDB setLogLevel(LogLevel logLevel) {
        transport.setLevel(Objects.requireNonNull(logLevel, "logLevel"));
        return this;
    }

    @Override
    public InfluxDB enableGzip() {
        gzip = true;
        return this;
    }

    @Override
    public InfluxDB disableGzip() {
        gzip = false;
        return this;
    }

    @Override
    public boolean isGzipEnabled() {
        return gzip;
    }

    @Override
    public InfluxDB enableBatch() {
        return enableBatch(BatchOptions.DEFAULTS);
    }

    @Override
    public InfluxDB enableBatch(BatchOptions batchOptions) {
        Objects.requireNonNull(batchOptions, "batchOptions");
        ConsistencyLevel chosen = Legacy.isOn() ? batchOptions.getConsistency() : ChosenLevel.of(batchOptions);
        return start(BatchProcessor.builder(this)
                .actions(batchOptions.getActions())
                .interval(batchOptions.getFlushDuration(), batchOptions.getJitterDuration(), TimeUnit.MILLISECONDS)
                .bufferLimit(batchOptions.getBufferLimit())
                .threadFactory(batchOptions.getThreadFactory())
                .exceptionHandler(batchOptions.getExceptionHandler())
                .levelOf(chosen == null ? () -> consistency : () -> chosen)
                .precision(batchOptions.getPrecision())
                .dropActionsOnQueueExhaustion(batchOptions.isDropActionsOnQueueExhaustion())
                .droppedActionHandler(batchOptions.getDroppedActionHandler()));
    }

    @Override
    public InfluxDB enableBatch(int actions, int flushDuration, TimeUnit flushDurationTimeUnit) {
        return enableBatch(actions, flushDuration, flushDurationTimeUnit, DaemonThreads.factory());
    }

    @Override
    public InfluxDB enableBatch(
            int actions, int flushDuration, TimeUnit flushDurationTimeUnit, ThreadFactory threadFactory) {
        return enableBatch(actions, flushDuration, flushDurationTimeUnit, threadFactory, (points, failure) -> {});
    }

    @Override
    public InfluxDB enableBatch(
            int actions,
            int flushDuration,
            TimeUnit flushDurationTimeUnit,
            ThreadFactory threadFactory,
            BiConsumer<Iterable<Point>, Throwable> exceptionHandler,
            ConsistencyLevel consistency) {
        ConsistencyLevel level = consistency == null ? ConsistencyLevel.ONE : consistency;
        ConsistencyLevel before = this.consistency;
        start(oneShot(actions, flushDuration, flushDurationTimeUnit, threadFactory, exceptionHandler)
                .levelOf(Legacy.isOn() ? () -> before : () -> level));
        setConsistency(level);
        return this;
    }

    @Override
    public InfluxDB enableBatch(
            int actions,
            int flushDuration,
            TimeUnit flushDurationTimeUnit,
            ThreadFactory threadFactory,
            BiConsumer<Iterable<Point>, Throwable> exceptionHandler) {
        return start(oneShot(actions, flushDuration, flushDurationTimeUnit, threadFactory, exceptionHandler)
                .levelOf(() -> this.consistency));
    }

    private BatchProcessor.Builder oneShot(
            int actions,
            int flushDuration,
            TimeUnit unit,
            ThreadFactory threadFactory,
            BiConsumer<Iterable<Point>, Throwable> exceptionHandler) {
        return BatchProcessor.builder(this)
                .actions(actions)
                .interval(flushDuration, unit)
                .threadFactory(threadFactory)
                .exceptionHandler(exceptionHandler);
    }

    private synchronized InfluxDB start(BatchProcessor.Builder builder) {
        if (batchProcessor != null) {
            throw new IllegalStateException("BatchProcessing is already enabled.");
        }
        batchProcessor = builder.build();
        return this;
    }

    @Override
    public void disableBatch() {
        BatchProcessor stopped;
        synchronized (this) {
            stopped = batchProcessor;
            batchProcessor = null;
        }
        if (stopped != null) {
            stopped.flushAndShutdown();
        }
    }

    @Override
    public boolean isBatchEnabled() {
        return batchProcessor != null;
    }

    @Override
    public Pong ping() {
        long begin = System.nanoTime();
        Pong pong = new Pong();
        pong.setVersion(queries.version());
        pong.setResponseTime(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        return pong;
    }

    @Override
    public String version() {
        return queries.version();
    }

    @Override
    public void write(Point point) {
        write(database, retentionPolicy, point);
    }

    @Override
    public void write(String records) {
        write(database, retentionPolicy, consistency, TimeUnit.NANOSECONDS, records);
    }

    @Override
    public void write(List<String> records) {
        write(database, retentionPolicy, consistency, TimeUnit.NANOSECONDS, records);
    }

    @Override
    public void write(String database, String retentionPolicy, Point point) {
        if (queued(new BatchProcessor.HttpBatchEntry(point, database, retentionPolicy))) {
            return;
        }
        BatchPoints batch = BatchPoints.database(database)
                .retentionPolicy(retentionPolicy)
                .consistency(Legacy.isOn() ? ConsistencyLevel.ONE : consistency)
                .build();
        batch.point(point);
        write(batch);
    }

    @Override
    public void write(int udpPort, Point point) {
        if (!queued(new BatchProcessor.UdpBatchEntry(point, udpPort))) {
            write(udpPort, point.lineProtocol());
        }
    }

    /** False where the point is to be written at once: batching is not enabled, or was just ended. */
    private boolean queued(BatchProcessor.AbstractBatchEntry entry) {
        BatchProcessor processor = batchProcessor;
        return processor != null && processor.put(entry);
    }

    @Override
    public void write(BatchPoints batchPoints) {
        String toDatabase = batchPoints.getDatabase() == null ? database : batchPoints.getDatabase();
        transport.write(new LineWrite(
                toDatabase,
                batchPoints.getRetentionPolicy(),
                batchPoints.getPrecision(),
                batchPoints.getConsistency(),
                batchPoints.lineProtocol(),
                gzip));
    }

    @Override
    public void writeWithRetry(BatchPoints batchPoints) {
        BatchProcessor processor = batchProcessor;
        if (processor == null) {
            write(batchPoints);
        } else {
            processor.writeNow(batchPoints);
        }
    }

    @Override
    public void write(String database, String retentionPolicy, ConsistencyLevel consistency, String records) {
        write(database, retentionPolicy, consistency, TimeUnit.NANOSECONDS, records);
    }

    @Override
    public void write(
            String database, String retentionPolicy, ConsistencyLevel consistency, TimeUnit precision, String records) {
        transport.write(new LineWrite(database, retentionPolicy, precision, consistency, records, gzip));
    }

    @Override
    public void write(String database, String retentionPolicy, ConsistencyLevel consistency, List<String> records) {
        write(database, retentionPolicy, consistency, TimeUnit.NANOSECONDS, records);
    }

    @Override
    public void write(
            String database,
            String retentionPolicy,
            ConsistencyLevel consistency,
            TimeUnit precision,
            List<String> records) {
        write(database, retentionPolicy, consistency, precision, String.join("\n", records));
    }

    @Override
    public void write(int udpPort, String records) {
        udp.send(udpPort, records);
    }

    @Override
    public void write(int udpPort, List<String> records) {
        write(udpPort, String.join("\n", records));
    }

    @Override
    public QueryResult query(Query query) {
        return queries.ask(query, database, null);
    }

    @Override
    public void query(Query query, Consumer<QueryResult> onSuccess, Consumer<Throwable> onFailure) {
        queries.askLater(query, database, onSuccess, onFailure);
    }

    @Override
    public void query(Query query, int chunkSize, Consumer<QueryResult> onNext) {
        query(query, chunkSize, onNext, () -> {});
    }

    @Override
    public void query(Query query, int chunkSize, BiConsumer<Cancellable, QueryResult> onNext) {
        query(query, chunkSize, onNext, () -> {}, null);
    }

    @Override
    public void query(Query query, int chunkSize, Consumer<QueryResult> onNext, Runnable onComplete) {
        query(query, chunkSize, (running, chunk) -> onNext.accept(chunk), onComplete, null);
    }

    @Override
    public void query(Query query, int chunkSize, BiConsumer<Cancellable, QueryResult> onNext, Runnable onComplete) {
        query(query, chunkSize, onNext, onComplete, null);
    }

    @Override
    public void query(
            Query query,
            int chunkSize,
            BiConsumer<Cancellable, QueryResult> onNext,
            Runnable onComplete,
            Consumer<Throwable> onFailure) {
        queries.askChunks(query, database, chunkSize, onNext, onComplete, onFailure);
    }

    @Override
    public QueryResult query(Query query, TimeUnit timeUnit) {
        return queries.ask(query, database, Objects.requireNonNull(timeUnit, "timeUnit"));
    }

    @Override
    @SuppressWarnings("deprecation")
    public void createDatabase(String name) {
        Preconditions.checkNonEmptyString(name, "name");
        change(Statements.createDatabase(name));
    }

    @Override
    @SuppressWarnings("deprecation")
    public void deleteDatabase(String name) {
        change(Statements.dropDatabase(name));
    }

    @Override
    @SuppressWarnings("deprecation")
    public List<String> describeDatabases() {
        List<String> names = new ArrayList<>();
        for (QueryResult.Result result : resultsOf(queries.post(Statements.SHOW_DATABASES))) {
            if (result.hasError()) {
                throw new InfluxDBException(result.getError());
            }
            for (QueryResult.Series series : orNone(result.getSeries())) {
                for (List<Object> row : orNone(series.getValues())) {
                    names.add(row.get(0).toString());
                }
            }
        }
        return names;
    }

    @Override
    @SuppressWarnings("deprecation")
    public boolean databaseExists(String name) {
        return describeDatabases().contains(name);
    }

    /** Programs expect no exception from an error of the statement: they create what may be there already. */
    private void change(String statement) {
        for (QueryResult.Result result : resultsOf(queries.post(statement))) {
            if (result.hasError()) {
                LOG.warning(() -> "not done: " + result.getError());
            }
        }
    }

    private static List<QueryResult.Result> resultsOf(QueryResult result) {
        if (result == null) {
            throw new InfluxDBException("the reply has no result");
        }
        if (result.hasError()) {
            throw new InfluxDBException(result.getError());
        }
        return orNone(result.getResults());
    }

    private static <T> List<T> orNone(List<T> list) {
        return list == null ? List.of() : list;
    }

    @Override
    public void flush() {
        BatchProcessor processor = batchProcessor;
        if (processor == null) {
            throw new IllegalStateException("BatchProcessing is not enabled.");
        }
        processor.flush();
    }

    @Override
    public void close() {
        try {
            disableBatch();
        } finally {
            udp.close();
            lane.close();
            transport.close();
        }
    }

    @Override
    public InfluxDB setConsistency(ConsistencyLevel consistency) {
        this.consistency = consistency;
        return this;
    }

    @Override
    public InfluxDB setDatabase(String database) {
        this.database = database;
        return this;
    }

    @Override
    public InfluxDB setRetentionPolicy(String retentionPolicy) {
        this.retentionPolicy = retentionPolicy;
        return this;
    }

    @Override
    @SuppressWarnings("deprecation")
    public void createRetentionPolicy(
            String rpName,
            String database,
            String duration,
            String shardDuration,
            int replicationFactor,
            boolean isDefault) {
        Preconditions.checkNonEmptyString(rpName, "retentionPolicyName");
        Preconditions.checkNonEmptyString(database, "database");
        Preconditions.checkNonEmptyString(duration, "retentionDuration");
        Preconditions.checkDuration(duration, "retentionDuration");
        if (shardDuration != null && !shardDuration.isEmpty()) {
            Preconditions.checkDuration(shardDuration, "shardDuration");
        }
        Preconditions.checkPositiveNumber(replicationFactor, "replicationFactor");
        change(Statements.createRetentionPolicy(
                rpName, database, duration, shardDuration, replicationFactor, isDefault));
    }

    @Override
    @SuppressWarnings("deprecation")
    public void createRetentionPolicy(
            String rpName, String database, String duration, int replicationFactor, boolean isDefault) {
        createRetentionPolicy(rpName, database, duration, null, replicationFactor, isDefault);
    }

    @Override
    @SuppressWarnings("deprecation")
    public void createRetentionPolicy(
            String rpName, String database, String duration, String shardDuration, int replicationFactor) {
        createRetentionPolicy(rpName, database, duration, null, replicationFactor, false);
    }

    @Override
    @SuppressWarnings("deprecation")
    public void dropRetentionPolicy(String rpName, String database) {
        Preconditions.checkNonEmptyString(rpName, "retentionPolicyName");
        Preconditions.checkNonEmptyString(database, "database");
        change(Statements.dropRetentionPolicy(rpName, database));
    }
}
