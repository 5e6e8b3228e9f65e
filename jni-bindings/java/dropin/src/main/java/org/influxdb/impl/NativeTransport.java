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
    private InfluxClient client;

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
            with(open -> open.write(lines, used));
        } catch (WriteException e) {
            throw WriteFailures.of(e);
        } catch (InfluxException e) {
            throw WriteFailures.ofOther(e);
        } catch (IOException e) {
            throw new IllegalStateException("a write throws none", e);
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
        return with(open -> NativeExchange.begin(Access.get().nativeClient(open), call, timeouts));
    }

    /**
     * A server may close a connection that was idle at the moment when it is used again. Whether this was it cannot be
     * told from here, so points without times are not sent again.
     */
    private static RetryDecision againWhereLost(FailedAttempt failed) {
        boolean lost = failed.attempts() == 1 && "Disconnected".equals(failed.kind()) && failed.mayResend();
        return lost ? RetryDecision.sameEndpoint(Duration.ZERO) : RetryDecision.giveUp();
    }

    /** Does it with the open client; once more where that was closed meanwhile. */
    private <T> T with(Use<T> use) throws IOException {
        InfluxClient open = client();
        try {
            return use.of(open);
        } catch (IllegalStateException e) {
            if (isCurrent(open)) {
                throw e;
            }
            return use.of(client());
        } catch (InternalException e) {
            discard(open);
            throw e;
        }
    }

    private synchronized boolean isCurrent(InfluxClient open) {
        return client == open;
    }

    private synchronized InfluxClient client() {
        if (client == null) {
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
            client = builder.build();
        }
        return client;
    }

    private void discard(InfluxClient broken) {
        synchronized (this) {
            if (client == broken) {
                client = null;
            }
        }
        broken.close();
    }

    @Override
    public void close() {
        InfluxClient closed;
        synchronized (this) {
            closed = client;
            client = null;
        }
        if (closed != null) {
            closed.close();
        }
    }

    private interface Use<T> {
        T of(InfluxClient client) throws IOException;
    }
}
