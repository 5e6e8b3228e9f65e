package org.influxdb.impl;

import io.influxclient.FailedAttempt;
import io.influxclient.Gzip;
import io.influxclient.InfluxClient;
import io.influxclient.InfluxClientBuilder;
import io.influxclient.InfluxException;
import io.influxclient.InternalException;
import io.influxclient.LineProtocol;
import io.influxclient.Precision;
import io.influxclient.RetryBudget;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicies;
import io.influxclient.WriteException;
import io.influxclient.WriteOptions;
import io.influxclient.internal.Access;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import okhttp3.HttpUrl;

/**
 * Sends through the native client. It is opened with the first request, and again with the first after {@link
 * #close()} or after an internal error.
 */
final class NativeTransport implements Transport {

    private final HttpUrl server;
    private final Credentials credentials;
    private final Timeouts timeouts;
    /** Whether a request is sent once more where its connection was lost, as OkHttp does unless told otherwise. */
    private final boolean againWhereLost;
    /** Null while it is not open. */
    private SharedClient current;

    NativeTransport(HttpUrl server, Credentials credentials, Timeouts timeouts, boolean againWhereLost) {
        this.server = server;
        this.credentials = credentials;
        this.timeouts = timeouts;
        this.againWhereLost = againWhereLost;
    }

    @Override
    public void write(LineWrite write) {
        if (write.isBlank()) {
            writeNothing(write);
            return;
        }
        LineProtocol lines = LineProtocol.of(write.lines)
                .precision(precision(write))
                .serverTime()
                .unchecked();
        WriteOptions options = WriteOptions.defaults()
                .consistency(io.influxclient.ConsistencyLevel.valueOf(write.level.name()))
                .checkFieldTypes(false)
                // Servers acknowledge some batches that give a field two types, and store nothing of them.
                .splitFieldTypes(true)
                .gzip(write.gzip ? Gzip.level(6) : Gzip.off())
                .retry(againWhereLost ? NativeTransport::againWhereLost : RetryPolicies.none());
        if (write.database != null) {
            options = options.database(write.database);
        }
        if (write.retentionPolicy != null) {
            options = options.retentionPolicy(write.retentionPolicy);
        }
        WriteOptions used = options;
        try {
            write(lines, used);
        } catch (WriteException e) {
            throw WriteFailures.of(e);
        } catch (InfluxException e) {
            throw WriteFailures.ofOther(e);
        }
    }

    /** An interrupt does not end it: whoever writes again what is on its way makes a second set of it. */
    private void write(LineProtocol lines, WriteOptions options) {
        SharedClient used = use();
        try {
            Access.get().writeToItsEnd(used.client, lines, options);
        } catch (InternalException e) {
            discard(used);
            throw e;
        } finally {
            used.release();
        }
    }

    /** A write without a line still tells whether the server takes it. */
    private void writeNothing(LineWrite write) {
        try (Exchange reply = open(HttpCall.write(write))) {
            if (reply.status() != 204) {
                throw WriteFailures.ofReply(reply, SmallBody.of(reply.body()), write, false);
            }
        } catch (IOException e) {
            throw WriteFailures.ofNoReply(e, true, write);
        }
    }

    private static Precision precision(LineWrite write) {
        switch (write.precision) {
            case NANOSECONDS:
                return Precision.NANOSECONDS;
            case MICROSECONDS:
                return Precision.MICROSECONDS;
            case MILLISECONDS:
                return Precision.MILLISECONDS;
            case SECONDS:
                return Precision.SECONDS;
            case MINUTES:
                return Precision.MINUTES;
            case HOURS:
                return Precision.HOURS;
            case DAYS:
        }
        throw new IllegalStateException("checked when the write was made");
    }

    @Override
    public Exchange open(HttpCall call) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted");
        }
        try {
            return begin(call);
        } catch (NativeExchange.LostException e) {
            if (!againWhereLost) {
                throw e;
            }
            return begin(call);
        }
    }

    private Exchange begin(HttpCall call) throws IOException {
        SharedClient used = use();
        boolean begun = false;
        try {
            NativeExchange exchange = NativeExchange.begin(used, call, timeouts);
            begun = true;
            return exchange;
        } catch (InternalException e) {
            discard(used);
            throw e;
        } finally {
            if (!begun) {
                used.release();
            }
        }
    }

    /**
     * A server may close a connection that was idle at the moment when it is used again. Whether this was it cannot be
     * told from here, so points without times are not sent again.
     */
    private static RetryDecision againWhereLost(FailedAttempt failed) {
        boolean lost = failed.attempts() == 1 && "Disconnected".equals(failed.kind()) && failed.mayResend();
        return lost ? RetryDecision.sameEndpoint(Duration.ZERO) : RetryDecision.giveUp();
    }

    /** The open client, which is to be released. */
    private synchronized SharedClient use() {
        if (current == null) {
            current = new SharedClient(opened());
        }
        current.use();
        return current;
    }

    private InfluxClient opened() {
        InfluxClientBuilder builder = InfluxClient.builder(server.toString())
                .connectTimeout(timeouts.connect)
                .attemptTimeout(timeouts.read)
                .deadline(timeouts.call)
                .retry(RetryPolicies.none())
                .retryBudget(RetryBudget.unlimited())
                .noProxy();
        if (credentials != null) {
            builder.basicAuth(credentials.user, credentials.password);
        }
        return builder.build();
    }

    private void discard(SharedClient broken) {
        synchronized (this) {
            if (current == broken) {
                current = null;
            }
        }
        broken.giveUp();
    }

    /** Does not wait: requests under way are carried to their end, and the last one gives back what they use. */
    @Override
    public void close() {
        SharedClient closed;
        synchronized (this) {
            closed = current;
            current = null;
        }
        if (closed != null) {
            closed.giveUp();
        }
    }
}
