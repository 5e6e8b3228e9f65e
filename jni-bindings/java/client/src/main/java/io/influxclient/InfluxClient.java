package io.influxclient;

import io.influxclient.internal.Access;
import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * A client of one server, or of the coordinators of one cluster. Make one for the whole program; any number of threads
 * may use it at once. Its threads are daemons. Close it in the end; one that was forgotten is given back when it is
 * garbage.
 *
 * <p>A write returns once the server has acknowledged every point, or throws the {@link WriteException} of what
 * happened: that says what is known of the points. An interrupt of a waiting thread ends its call, which then returns
 * or throws what is known, and the thread stays interrupted.
 */
public final class InfluxClient implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("io.influxclient");
    private static final Cleaner CLEANER = Cleaner.create();

    static {
        Access.set(new Access() {
            @Override
            public NativeClient nativeClient(InfluxClient client) {
                return client.nativeClient();
            }

            @Override
            public WriteResult writeToItsEnd(InfluxClient client, LineProtocol lines, WriteOptions options) {
                PreparedWrite write = client.prepare(lines, options);
                return write.call.toItsEnd().await(write.start);
            }

            @Override
            public RuntimeException writeError(FrameReader frame) {
                return WriteFailure.read(frame);
            }
        });
    }

    private final NativeClient client;
    private final RetryPolicy retry;
    private final ConsistencyLevel level;
    private final Cleaner.Cleanable cleanable;
    private final Set<BatchWriter> writers = ConcurrentHashMap.newKeySet();

    InfluxClient(long handle, Executor executor, RetryPolicy retry, ConsistencyLevel level) {
        this.retry = retry;
        this.level = level;
        Background background = new Background(retry);
        client = new NativeClient(handle, executor, background);
        background.client = client;
        NativeClient forgotten = client;
        cleanable = CLEANER.register(this, forgotten::abandon);
    }

    /**
     * Settings of a new client.
     *
     * @param endpoints addresses such as {@code http://data1:8086}: the coordinators of one cluster
     * @return a builder
     * @throws NullPointerException if an address is null
     */
    public static InfluxClientBuilder builder(String... endpoints) {
        return new InfluxClientBuilder(List.of(endpoints));
    }

    /**
     * Writes the points of a batch and waits for the answer. An empty batch is not sent.
     *
     * @param batch the points; not changed, and not to be changed meanwhile
     * @return the acknowledgement of every point
     * @throws WriteException unless every point was acknowledged at the level asked for
     * @throws InvalidPointException if points could not be stored by any server; nothing was sent
     * @throws IllegalStateException if the client or the batch is closed, or the last point of the batch has no end
     * @throws InternalException after a fault of this library
     */
    public WriteResult write(PointBatch batch) {
        return write(batch, WriteOptions.defaults());
    }

    /**
     * Writes the points of a batch and waits for the answer, with other settings than the client's.
     *
     * @param batch the points; not changed, and not to be changed meanwhile
     * @param options what to do otherwise
     * @return the acknowledgement of every point
     * @throws WriteException unless every point was acknowledged at the level asked for
     * @throws InvalidPointException if points could not be stored by any server; nothing was sent
     * @throws IllegalStateException if the client or the batch is closed, or the last point of the batch has no end
     * @throws InternalException after a fault of this library
     */
    public WriteResult write(PointBatch batch, WriteOptions options) {
        PreparedWrite write = prepare(batch, options);
        return write.call.await(write.start);
    }

    /**
     * Writes the points of a batch in the background. The future completes on the client's executor, with what
     * {@link #write(PointBatch, WriteOptions)} would return or throw. Cancelling it gives up waiting: a request under
     * way may still be carried out, nothing is sent after it, and the batch can be changed again a moment later.
     *
     * @param batch the points; not changed, and not to be changed until the future is complete
     * @param options what to do otherwise than the client's settings say
     * @return the future acknowledgement
     * @throws IllegalStateException if the client or the batch is closed, or the last point of the batch has no end
     */
    public CompletableFuture<WriteResult> writeAsync(PointBatch batch, WriteOptions options) {
        PreparedWrite write = prepare(batch, options);
        return write.call.async(write.start);
    }

    /**
     * Writes the points of a batch in the background: {@link #writeAsync(PointBatch, WriteOptions)} with the client's
     * settings.
     *
     * @param batch the points; not changed, and not to be changed until the future is complete
     * @return the future acknowledgement
     * @throws IllegalStateException if the client or the batch is closed, or the last point of the batch has no end
     */
    public CompletableFuture<WriteResult> writeAsync(PointBatch batch) {
        return writeAsync(batch, WriteOptions.defaults());
    }

    /**
     * Writes lines and waits for the answer.
     *
     * @param lines line protocol
     * @return the acknowledgement of every line
     * @throws WriteException unless every point was acknowledged at the level asked for
     * @throws InvalidPointException if lines could not be stored by any server; nothing was sent
     * @throws IllegalStateException if the client is closed
     * @throws InternalException after a fault of this library
     */
    public WriteResult write(LineProtocol lines) {
        return write(lines, WriteOptions.defaults());
    }

    /**
     * Writes lines and waits for the answer, with other settings than the client's.
     *
     * @param lines line protocol
     * @param options what to do otherwise
     * @return the acknowledgement of every line
     * @throws WriteException unless every point was acknowledged at the level asked for
     * @throws InvalidPointException if lines could not be stored by any server; nothing was sent
     * @throws IllegalStateException if the client is closed
     * @throws InternalException after a fault of this library
     */
    public WriteResult write(LineProtocol lines, WriteOptions options) {
        PreparedWrite write = prepare(lines, options);
        return write.call.await(write.start);
    }

    /**
     * Writes lines in the background, as {@link #writeAsync(PointBatch, WriteOptions)} does with points.
     *
     * @param lines line protocol
     * @param options what to do otherwise than the client's settings say
     * @return the future acknowledgement
     * @throws IllegalStateException if the client is closed
     */
    public CompletableFuture<WriteResult> writeAsync(LineProtocol lines, WriteOptions options) {
        PreparedWrite write = prepare(lines, options);
        return write.call.async(write.start);
    }

    NativeClient nativeClient() {
        return client;
    }

    private PreparedWrite prepare(PointBatch batch, WriteOptions options) {
        Objects.requireNonNull(batch, "batch");
        byte[] frame = options.frame(batch.precision()).toBytes();
        long points = batch.points();
        WriteCall call = new WriteCall(
                this,
                options.retryOr(retry),
                options.levelOr(level),
                () -> points,
                batch.isIdempotent(),
                batch::release);
        ByteBuffer rows = batch.lend();
        int length = batch.bytes();
        return new PreparedWrite(call, () -> client.startWrite(call, rows, length, frame));
    }

    private PreparedWrite prepare(LineProtocol lines, WriteOptions options) {
        Objects.requireNonNull(lines, "lines");
        byte[] frame = lines.options(options).toBytes();
        byte[] bytes = lines.bytes();
        WriteCall call = new WriteCall(
                this, options.retryOr(retry), options.levelOr(level), lines::points, lines.isIdempotent(), () -> {});
        return new PreparedWrite(call, () -> client.startWriteLines(call, bytes, 0, bytes.length, frame));
    }

    /**
     * Asks and waits for the whole answer.
     *
     * @param query the query
     * @return the answer, in which every statement succeeded and gave all of its rows
     * @throws QueryException if the query or one of its statements failed, or the server left rows out; what was
     *     answered is in {@link QueryException#result()}. Also if the thread was interrupted, which stays set: a
     *     statement that changes something may then still be carried out
     * @throws IllegalStateException if the client is closed
     * @throws InternalException after a fault of this library
     */
    public QueryResult query(Query query) {
        QueryCall call = new QueryCall(this, query.epoch());
        byte[] frame = query.frame();
        return call.await(() -> client.startQuery(call, frame, false));
    }

    /**
     * Asks and waits for the whole answer: {@link #query(Query)} with no more than a text.
     *
     * @param statement InfluxQL
     * @return the answer
     * @throws QueryException if the query or one of its statements failed, or the server left rows out
     * @throws IllegalStateException if the client is closed
     */
    public QueryResult query(String statement) {
        return query(Query.of(statement));
    }

    /**
     * Asks in the background. The future completes on the client's executor, with what {@link #query(Query)} would
     * return or throw. Cancelling it gives up waiting.
     *
     * @param query the query
     * @return the future answer
     * @throws IllegalStateException if the client is closed
     */
    public CompletableFuture<QueryResult> queryAsync(Query query) {
        QueryCall call = new QueryCall(this, query.epoch());
        byte[] frame = query.frame();
        return call.async(() -> client.startQuery(call, frame, false));
    }

    /**
     * Asks, and gives the answer while it arrives.
     *
     * @param query the query
     * @return its chunks; close it in the end
     * @throws IllegalStateException if the client is closed
     */
    public QueryStream stream(Query query) {
        byte[] frame = query.frame();
        return new QueryStream(this, CLEANER, query.epoch(), receiver -> client.startQuery(receiver, frame, true));
    }

    /**
     * Reads a batch back that was acknowledged, from every replica, for callers who must know: acknowledgements of some
     * servers are worth less than they say ({@link WriteResult#caveats()}).
     *
     * @param batch the points as they were written
     * @param result the acknowledgement
     * @param options where to look
     * @return what the replicas answered; {@link Resolution#bearsOut()} compares it with the acknowledgement
     * @throws QueryException if no endpoint tells who the servers are, or the thread was interrupted, which stays set
     * @throws IllegalStateException if the client or the batch is closed
     */
    public Resolution confirm(PointBatch batch, WriteResult result, ResolveOptions options) {
        return resolve(batch, options.frame(batch.precision(), result.level(), new int[0]));
    }

    /**
     * Reads a batch back whose fate is open, from every replica.
     *
     * @param batch the points as they were written
     * @param failure what is known of them; points that it names as refused are not expected anywhere
     * @param options where to look
     * @return what the replicas answered
     * @throws QueryException if no endpoint tells who the servers are, or the thread was interrupted, which stays set
     * @throws IllegalStateException if the client or the batch is closed
     */
    public Resolution resolve(PointBatch batch, WriteException failure, ResolveOptions options) {
        int[] refused = failure.lineFailures().stream()
                .flatMapToInt(line -> line.index().stream())
                .toArray();
        return resolve(batch, options.frame(batch.precision(), null, refused));
    }

    private Resolution resolve(PointBatch batch, byte[] frame) {
        ResolveCall call = new ResolveCall(this, batch::release);
        ByteBuffer rows = batch.lend();
        int length = batch.bytes();
        return call.await(() -> client.startResolve(call, rows, length, frame));
    }

    /**
     * How the endpoints stand, as far as this client has met them. Nothing is sent.
     *
     * @return one status for each endpoint, in their order
     * @throws IllegalStateException if the client is closed
     */
    public List<EndpointStatus> endpoints() {
        FrameReader frame = new FrameReader(client.health());
        return frame.list(() -> new EndpointStatus(frame));
    }

    /**
     * What is left of the retry budget.
     *
     * @return a number of tokens; empty without a budget
     * @throws IllegalStateException if the client is closed
     */
    public OptionalInt retryTokens() {
        FrameReader frame = new FrameReader(client.health());
        frame.list(() -> new EndpointStatus(frame));
        return WriteFailure.optional(frame.i32());
    }

    /**
     * Asks every endpoint whether it is there.
     *
     * @return one answer for each endpoint, in their order
     * @throws QueryException if the thread was interrupted, which stays set
     * @throws IllegalStateException if the client is closed
     */
    public List<Pong> ping() {
        PingCall call = new PingCall(this);
        return call.await(() -> client.startPing(call));
    }

    /**
     * A writer that gathers points and writes them in the background.
     *
     * @return its settings
     */
    public BatchWriterBuilder batchWriter() {
        return new BatchWriterBuilder(this);
    }

    void opened(BatchWriter writer) {
        writers.add(writer);
    }

    void closed(BatchWriter writer) {
        writers.remove(writer);
    }

    /**
     * Refuses new calls, closes the writers, each within its limit, waits for the calls under way and gives threads and
     * connections back. A client that is closed already stays so. From a future, listener or policy that the client
     * called, it does not wait: the rest is done in the background. An interrupt ends the calls under way instead of
     * waiting for them.
     *
     * @throws UnsettledPointsException if a writer was open, and not every point of it was acknowledged; the client and
     *     all its writers are closed. What other writers throw is suppressed in the first one's
     * @throws InternalException if the heap has no room for what a writer leaves behind, likewise: see
     *     {@link BatchWriter#close(java.time.Duration)}
     * @throws OutOfMemoryError likewise
     */
    @Override
    public void close() {
        client.beginClose();
        if (!client.mayWait()) {
            // A writer would be waited for by the thread that has to deliver its end.
            NativeClient.inBackground("influx-client-close", this::close);
            return;
        }
        Throwable failure = null;
        for (BatchWriter writer : writers) {
            failure = attempt(writer::close, failure);
        }
        failure = attempt(client::close, failure);
        if (!NativeClient.isInCallback()) {
            // Has nothing left to do, and need not wait for the garbage collector to find that out.
            cleanable.clean();
        }
        if (failure instanceof Error) {
            throw (Error) failure;
        }
        if (failure != null) {
            throw (RuntimeException) failure;
        }
    }

    /** Runs a step that must not keep the next one from being run; returns the first failure, with the others in it. */
    private static Throwable attempt(Runnable step, Throwable before) {
        try {
            step.run();
            return before;
        } catch (RuntimeException | Error e) {
            if (before == null) {
                return e;
            }
            // A JVM without memory throws one and the same error again.
            if (before != e) {
                before.addSuppressed(e);
            }
            return before;
        }
    }

    /** A write and how to start it. */
    private static final class PreparedWrite {

        final WriteCall call;
        final LongSupplier start;

        PreparedWrite(WriteCall call, LongSupplier start) {
            this.call = call;
            this.start = start;
        }
    }

    /** Answers questions of writes that no call stands for: those of background writers. */
    private static final class Background implements Receiver {

        private final RetryPolicy retry;
        private volatile NativeClient client;

        Background(RetryPolicy retry) {
            this.retry = retry;
        }

        @Override
        public boolean accept(int kind, FrameReader body) {
            if (kind == Completion.QUESTION) {
                client.submit(() -> Questions.answer(
                        client,
                        retry,
                        body,
                        thrown -> LOG.log(
                                System.Logger.Level.WARNING,
                                "a retry policy failed, so the write was given up",
                                thrown)));
            }
            return false;
        }
    }
}
