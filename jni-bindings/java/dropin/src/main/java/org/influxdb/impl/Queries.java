package org.influxdb.impl;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okio.BufferedSource;
import okio.Okio;
import org.influxdb.InfluxDB.Cancellable;
import org.influxdb.InfluxDB.ResponseFormat;
import org.influxdb.InfluxDBIOException;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.influxdb.msgpack.MessagePackTraverser;

/** Asks queries and reads their results. Safe for use by many threads. */
final class Queries {

    private static final Logger LOG = Logger.getLogger(Queries.class.getName());

    /** What the last chunk says, as programs wait for it. */
    private static final String DONE = "DONE";

    /** The statuses of success that never have a body. */
    private static final int NO_CONTENT = 204;

    private static final int RESET_CONTENT = 205;

    private static final Pattern VERSION = Pattern.compile("v?(\\d{1,9})\\.(\\d{1,9}).*", Pattern.DOTALL);

    private final Transport transport;
    private final AsyncLane lane;
    private final boolean messagePack;
    private volatile boolean versionIsKnown;

    Queries(Transport transport, AsyncLane lane, ResponseFormat format) {
        this.transport = transport;
        this.lane = lane;
        this.messagePack = format == ResponseFormat.MSGPACK;
    }

    /**
     * @param unit of the times in the result; null to leave them as the server likes
     * @return null where the answer is a success without a body, as influxdb-java has it
     */
    QueryResult ask(Query query, String database, TimeUnit unit) {
        checkVersion();
        return ask(plain(query, database, unit));
    }

    /** Asks a statement that changes or shows the set-up. Influxdb-java posts those, without a database. */
    QueryResult post(String statement) {
        checkVersion();
        return ask(plain(new Query(statement, null, true), null, null));
    }

    void askLater(Query query, String database, Consumer<QueryResult> onSuccess, Consumer<Throwable> onFailure) {
        HttpCall call = plain(query, database, null);
        lane.run(
                () -> {
                    QueryResult result;
                    try {
                        result = asked(call);
                    } catch (IOException | RuntimeException e) {
                        tell(onFailure, e);
                        return;
                    }
                    onSuccess.accept(result);
                },
                refusal -> tell(onFailure, refusal));
    }

    /** @param onFailure null to have failures logged */
    void askChunks(
            Query query,
            String database,
            int chunkSize,
            BiConsumer<Cancellable, QueryResult> onNext,
            Runnable onComplete,
            Consumer<Throwable> onFailure) {
        HttpCall call = chunked(query, database, chunkSize);
        Consumer<Throwable> failed = onFailure == null ? Queries::log : onFailure;
        lane.run(
                () -> {
                    Chunks chunks = new Chunks();
                    try {
                        chunks.read(call, onNext, onComplete);
                    } catch (IOException | RuntimeException e) {
                        if (!chunks.isCanceled()) {
                            tell(failed, e);
                        }
                    }
                },
                refusal -> tell(failed, refusal));
    }

    private static void log(Throwable failure) {
        LOG.log(Level.WARNING, "a query in chunks failed", failure);
    }

    private static void tell(Consumer<Throwable> onFailure, Throwable failure) {
        if (onFailure == null) {
            LOG.log(Level.WARNING, "a query failed, and nobody wants to know", failure);
        } else {
            onFailure.accept(failure);
        }
    }

    private HttpCall plain(Query query, String database, TimeUnit unit) {
        String epoch = unit == null ? null : TimeUtil.toTimePrecision(unit);
        HttpCall.Parameters url =
                new HttpCall.Parameters().add("db", databaseOf(query, database)).add("epoch", epoch);
        if (query.requiresPost()) {
            return post(query, url.addEncoded("params", parametersOf(query)));
        }
        return HttpCall.get(
                "query",
                url.addEncoded("q", query.getCommandWithUrlEncoded()).addEncoded("params", parametersOf(query)),
                messagePack);
    }

    private HttpCall chunked(Query query, String database, int chunkSize) {
        HttpCall.Parameters url =
                new HttpCall.Parameters().add("chunked", "true").add("db", databaseOf(query, database));
        if (query.requiresPost()) {
            return post(
                    query,
                    url.add("chunk_size", Integer.toString(chunkSize)).addEncoded("params", parametersOf(query)));
        }
        return HttpCall.get(
                "query",
                url.addEncoded("q", query.getCommandWithUrlEncoded())
                        .add("chunk_size", Integer.toString(chunkSize))
                        .addEncoded("params", parametersOf(query)),
                messagePack);
    }

    private HttpCall post(Query query, HttpCall.Parameters url) {
        byte[] form = ("q=" + query.getCommandWithUrlEncoded()).getBytes(StandardCharsets.UTF_8);
        return HttpCall.post("query", url, form, messagePack);
    }

    private static String databaseOf(Query query, String database) {
        return query.getDatabase() == null ? database : query.getDatabase();
    }

    private static String parametersOf(Query query) {
        return query.hasBoundParameters() ? query.getParameterJsonWithUrlEncoded() : null;
    }

    private QueryResult ask(HttpCall call) {
        try {
            return asked(call);
        } catch (IOException e) {
            throw new InfluxDBIOException(e);
        }
    }

    private QueryResult asked(HttpCall call) throws IOException {
        try (Transport.Exchange reply = transport.open(call)) {
            if (reply.status() / 100 != 2) {
                throw QueryFailures.ofReply(reply, messagePack);
            }
            if (reply.status() == NO_CONTENT || reply.status() == RESET_CONTENT) {
                return null;
            }
            if (isMessagePack(reply)) {
                return new MessagePackTraverser().parse(reply.body());
            }
            return JsonResults.readOnly(Okio.buffer(Okio.source(reply.body())));
        }
    }

    /** A proxy may answer in JSON whatever was asked for, and says so. */
    private boolean isMessagePack(Transport.Exchange reply) {
        String type = reply.header("Content-Type");
        return messagePack && (type == null || !type.contains("json"));
    }

    private void checkVersion() {
        if (!messagePack || versionIsKnown) {
            return;
        }
        String version = version();
        Matcher numbers = VERSION.matcher(version);
        boolean knows = numbers.matches()
                && (Integer.parseInt(numbers.group(1)) > 1
                        || Integer.parseInt(numbers.group(1)) == 1 && Integer.parseInt(numbers.group(2)) >= 4);
        if (!knows) {
            throw new UnsupportedOperationException(
                    "MessagePack format is only supported from InfluxDB version 1.4 and later");
        }
        versionIsKnown = true;
    }

    /** The server's version, or {@code unknown}. */
    String version() {
        try (Transport.Exchange reply = transport.open(HttpCall.ping(messagePack))) {
            String version = reply.header("X-Influxdb-Version");
            return version == null ? "unknown" : version;
        } catch (IOException e) {
            throw new InfluxDBIOException(e);
        }
    }

    /** One query in chunks, read by one thread; may be cancelled by any. */
    private final class Chunks implements Cancellable {

        private final AtomicReference<Transport.Exchange> reply = new AtomicReference<>();
        private volatile boolean cancelled;

        @Override
        public void cancel() {
            cancelled = true;
            Transport.Exchange open = reply.get();
            if (open != null) {
                open.cancel();
            }
        }

        @Override
        public boolean isCanceled() {
            return cancelled;
        }

        void read(HttpCall call, BiConsumer<Cancellable, QueryResult> onNext, Runnable onComplete) throws IOException {
            try (Transport.Exchange open = transport.open(call)) {
                reply.set(open);
                if (open.status() / 100 != 2) {
                    throw QueryFailures.ofReply(open, messagePack);
                }
                if (isMessagePack(open)) {
                    for (QueryResult chunk : new MessagePackTraverser().traverse(open.body())) {
                        if (cancelled) {
                            break;
                        }
                        onNext.accept(this, chunk);
                    }
                } else {
                    readJson(Okio.buffer(Okio.source(open.body())), onNext);
                }
                if (!cancelled) {
                    onComplete.run();
                }
            }
        }

        private void readJson(BufferedSource source, BiConsumer<Cancellable, QueryResult> onNext) throws IOException {
            try {
                while (!cancelled && !JsonResults.isAtEnd(source)) {
                    QueryResult chunk = JsonResults.readNext(source);
                    if (!cancelled) {
                        onNext.accept(this, chunk);
                    }
                }
            } catch (EOFException e) {
                if (!Legacy.isOn()) {
                    throw cutOff(e, onNext);
                }
            } catch (IOException e) {
                throw cutOff(e, onNext);
            }
            if (!cancelled) {
                onNext.accept(this, error(DONE));
            }
        }

        /** A program that takes only chunks hears of the failure by one. */
        private IOException cutOff(IOException failure, BiConsumer<Cancellable, QueryResult> onNext) {
            if (!cancelled) {
                onNext.accept(this, error(failure.toString()));
            }
            return failure;
        }
    }

    private static QueryResult error(String text) {
        QueryResult result = new QueryResult();
        result.setError(text);
        return result;
    }
}
