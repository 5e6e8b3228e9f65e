package io.influxclient;

import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import io.influxclient.internal.NativeClient;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Settings of a client; see {@link InfluxClient#builder}. What is not set has the default that is told here. For one
 * thread at a time.
 */
public final class InfluxClientBuilder {

    private static final int NO_CREDENTIALS = 0;
    private static final int BASIC = 1;
    private static final int TOKEN = 2;

    private final List<String> endpoints = new ArrayList<>();
    private String database;
    private String retentionPolicy;
    private ConsistencyLevel consistency;
    private int credentials = NO_CREDENTIALS;
    private String user;
    private byte[] secret = new byte[0];
    private Duration attemptTimeout;
    private long minThroughput = -1;
    private Duration connectTimeout;
    private Duration deadline;
    private RetryPolicy retry;
    private RetryBudget retryBudget;
    private Balance balance;
    private Gzip gzip;
    private boolean gzipAnswers;
    private long answerLimit = -1;
    private String userAgent;
    private final List<byte[]> roots = new ArrayList<>();
    private byte[] chain;
    private byte[] key;
    private boolean trustsAny;
    private String proxy;
    private boolean noProxy;
    private Duration policyTimeout;
    private Executor executor;
    private boolean mayProvoke;

    InfluxClientBuilder(List<String> endpoints) {
        endpoints.forEach(this::endpoint);
    }

    static Duration checked(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a time span is not negative: " + time);
        }
        return time;
    }

    /**
     * Adds the address of a server, such as {@code http://data1:8086}: one of the coordinators of a cluster. User and
     * password in it are used for this server alone and never shown.
     *
     * @param address the address
     * @return this builder
     * @throws NullPointerException if the address is null
     */
    public InfluxClientBuilder endpoint(String address) {
        endpoints.add(Objects.requireNonNull(address, "address"));
        return this;
    }

    /**
     * The database of calls that name none.
     *
     * @param name its name
     * @return this builder
     * @throws NullPointerException if the name is null
     */
    public InfluxClientBuilder database(String name) {
        database = Objects.requireNonNull(name, "database");
        return this;
    }

    /**
     * The retention policy of writes that name none. Without one, the server takes the database's default.
     *
     * @param name its name
     * @return this builder
     * @throws NullPointerException if the name is null
     */
    public InfluxClientBuilder retentionPolicy(String name) {
        retentionPolicy = Objects.requireNonNull(name, "retention policy");
        return this;
    }

    /**
     * The consistency level of writes that name none. Default: {@link ConsistencyLevel#ONE}.
     *
     * @param level the level
     * @return this builder
     * @throws NullPointerException if the level is null
     */
    public InfluxClientBuilder consistency(ConsistencyLevel level) {
        consistency = Objects.requireNonNull(level, "level");
        return this;
    }

    /**
     * User and password, sent in the header {@code Authorization}.
     *
     * @param user the user, without a colon
     * @param password the password; it is copied, so it may be overwritten afterwards
     * @return this builder
     * @throws NullPointerException if the user or the password is null
     * @throws IllegalArgumentException if the password has half of a surrogate pair
     */
    public InfluxClientBuilder basicAuth(String user, char[] password) {
        this.user = Objects.requireNonNull(user, "user");
        secret(BASIC, password);
        return this;
    }

    /**
     * User and password, sent in the header {@code Authorization}.
     *
     * @param user the user, without a colon
     * @param password the password
     * @return this builder
     * @throws NullPointerException if the user or the password is null
     */
    public InfluxClientBuilder basicAuth(String user, String password) {
        return basicAuth(user, password.toCharArray());
    }

    /**
     * A bearer token (JWT), sent in the header {@code Authorization}.
     *
     * @param token the token, visible ASCII; it is copied, so it may be overwritten afterwards
     * @return this builder
     * @throws NullPointerException if the token is null
     * @throws IllegalArgumentException if it has half of a surrogate pair
     */
    public InfluxClientBuilder token(char[] token) {
        secret(TOKEN, token);
        return this;
    }

    private void secret(int kind, char[] characters) {
        FrameWriter.checkPairs(CharBuffer.wrap(characters));
        ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(characters));
        Arrays.fill(secret, (byte) 0);
        secret = new byte[encoded.remaining()];
        encoded.get(secret);
        Arrays.fill(encoded.array(), (byte) 0);
        credentials = kind;
    }

    /**
     * The time of one attempt. Default 15 s, and what {@link #minThroughput} adds for its body. Keep it above the
     * servers' own write time-out (10 s by default) and the 10 s for which they try to reach their meta nodes: a
     * shorter time turns answers into doubt.
     *
     * @param time a time span
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder attemptTimeout(Duration time) {
        attemptTimeout = checked(time);
        return this;
    }

    /**
     * How slow a network may be: a write gets the time that its body takes at this rate on top of the time of an
     * attempt.
     *
     * @param bytesPerSecond bytes a second; 100 KiB unless set; 0 adds nothing
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder minThroughput(long bytesPerSecond) {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a throughput is not negative: " + bytesPerSecond);
        }
        minThroughput = bytesPerSecond;
        return this;
    }

    /**
     * The time for making a connection. Default 3 s.
     *
     * @param time a time span
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder connectTimeout(Duration time) {
        connectTimeout = checked(time);
        return this;
    }

    /**
     * The time of a whole call, with all attempts and waits. Default 60 s.
     *
     * @param time a time span
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder deadline(Duration time) {
        deadline = checked(time);
        return this;
    }

    /**
     * What to do after a failed attempt of a write. Default: {@link RetryPolicies#backoff()}.
     *
     * @param policy one of {@link RetryPolicies}, or one of your own
     * @return this builder
     * @throws NullPointerException if the policy is null
     */
    public InfluxClientBuilder retry(RetryPolicy policy) {
        retry = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * How long a write waits for the answer of a policy of your own before it gives up. Default 10 s.
     *
     * @param time a time span
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder retryPolicyTimeout(Duration time) {
        policyTimeout = checked(time);
        return this;
    }

    /**
     * How many retries all calls together may spend. Default: {@link RetryBudget#standard()}.
     *
     * @param budget the budget
     * @return this builder
     * @throws NullPointerException if the budget is null
     */
    public InfluxClientBuilder retryBudget(RetryBudget budget) {
        retryBudget = Objects.requireNonNull(budget, "budget");
        return this;
    }

    /**
     * Which of several working endpoints a write goes to. Default: {@link Balance#LEAST_BUSY}.
     *
     * @param balance the rule
     * @return this builder
     * @throws NullPointerException if the rule is null
     */
    public InfluxClientBuilder balance(Balance balance) {
        this.balance = Objects.requireNonNull(balance, "balance");
        return this;
    }

    /**
     * Whether requests are compressed. Default: {@link Gzip#off()}.
     *
     * @param gzip the setting
     * @return this builder
     * @throws NullPointerException if the setting is null
     */
    public InfluxClientBuilder gzip(Gzip gzip) {
        this.gzip = Objects.requireNonNull(gzip, "gzip");
        return this;
    }

    /**
     * Whether answers to queries are asked for compressed. Default: no, because it costs the server much.
     *
     * @param compressed whether to ask for it
     * @return this builder
     */
    public InfluxClientBuilder gzipAnswers(boolean compressed) {
        gzipAnswers = compressed;
        return this;
    }

    /**
     * How much of an answer to a query is read, and to how much a compressed one is inflated.
     *
     * @param bytes a number of bytes; 64 MiB unless set
     * @return this builder
     * @throws IllegalArgumentException if it is negative
     */
    public InfluxClientBuilder answerLimit(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a number of bytes is not negative: " + bytes);
        }
        answerLimit = bytes;
        return this;
    }

    /**
     * What the client calls itself in the header {@code User-Agent}. Default: {@code influx-client/} and the version.
     *
     * @param name visible ASCII
     * @return this builder
     * @throws NullPointerException if the name is null
     */
    public InfluxClientBuilder userAgent(String name) {
        userAgent = Objects.requireNonNull(name, "user agent");
        return this;
    }

    /**
     * Certificates to trust beside those of the machine and of the web. May be called several times.
     *
     * @param pem certificates in PEM, copied
     * @return this builder
     * @throws NullPointerException if the array is null
     */
    public InfluxClientBuilder rootCertificates(byte[] pem) {
        roots.add(pem.clone());
        return this;
    }

    /**
     * The client's own certificate and private key, for servers that ask for one.
     *
     * @param chain the certificate chain in PEM, copied
     * @param key the private key in PEM, copied
     * @return this builder
     * @throws NullPointerException if an array is null
     */
    public InfluxClientBuilder identity(byte[] chain, byte[] key) {
        this.chain = chain.clone();
        this.key = key.clone();
        return this;
    }

    /**
     * Trusts any server, whoever it is. Whoever sits between can then read and change everything.
     *
     * @param trust whether to trust; no unless set
     * @return this builder
     */
    public InfluxClientBuilder dangerTrustAnyServer(boolean trust) {
        trustsAny = trust;
        return this;
    }

    /**
     * Sends every request through a proxy, whatever the environment says. Without this, the variables
     * {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY} count, but not for
     * {@code localhost} and the loopback addresses.
     *
     * @param address an address of {@code http} or {@code https}; user and password in it go to the proxy alone
     * @return this builder
     * @throws NullPointerException if the address is null
     */
    public InfluxClientBuilder proxy(String address) {
        proxy = Objects.requireNonNull(address, "address");
        noProxy = false;
        return this;
    }

    /**
     * Sends no request through a proxy, whatever the environment says.
     *
     * @return this builder
     */
    public InfluxClientBuilder noProxy() {
        proxy = null;
        noProxy = true;
        return this;
    }

    /**
     * Where futures are completed, and listeners and policies of your own are run. Default: that of
     * {@link CompletableFuture}, a pool of daemon threads. Where an executor takes no more, a thread is made.
     *
     * <p>An executor that runs code on the thread that gives it, such as {@code Runnable::run}, has it run on the one
     * thread that delivers what comes of calls. There, a call that waits is refused with {@link IllegalStateException},
     * since what it waits for could not be delivered; those that return a future are fine.
     *
     * @param executor the executor; the client never shuts it down
     * @return this builder
     * @throws NullPointerException if the executor is null
     */
    public InfluxClientBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /** Lets tests provoke a panic of the native library. */
    InfluxClientBuilder mayProvoke() {
        mayProvoke = true;
        return this;
    }

    /**
     * Makes the client. Nothing is sent.
     *
     * @return the client; close it in the end
     * @throws InvalidSettingsException for settings that cannot work
     * @throws UnsatisfiedLinkError if the native library cannot be loaded, with the reasons and what to do about it
     */
    public InfluxClient build() {
        FrameWriter frame = new FrameWriter();
        byte[] settings = new byte[0];
        try {
            put(frame);
            settings = frame.toBytes();
            FrameReader reply = new FrameReader(NativeClient.open(settings));
            if (reply.bool()) {
                throw new InvalidSettingsException(reply.text(), reply.i32(), reply.text());
            }
            Executor own = executor == null ? new CompletableFuture<>().defaultExecutor() : executor;
            return new InfluxClient(reply.i64(), own, retry, consistency == null ? ConsistencyLevel.ONE : consistency);
        } finally {
            Arrays.fill(settings, (byte) 0);
            frame.wipe();
        }
    }

    private void put(FrameWriter frame) {
        frame.texts(endpoints)
                .text(database)
                .text(retentionPolicy)
                .text(ConsistencyLevel.wireName(consistency))
                .u8(credentials);
        if (credentials == BASIC) {
            frame.text(user);
        }
        if (credentials != NO_CREDENTIALS) {
            frame.bytes(secret);
        }
        frame.duration(attemptTimeout)
                .i64(minThroughput)
                .duration(connectTimeout)
                .duration(deadline);
        RetryPolicies.put(frame, retry);
        RetryBudget.put(frame, retryBudget);
        frame.text(balance == null ? null : balance.id());
        Gzip.put(frame, gzip);
        frame.bool(gzipAnswers).i64(answerLimit).text(userAgent).i32(roots.size());
        roots.forEach(frame::bytes);
        frame.bool(chain != null);
        if (chain != null) {
            frame.bytes(chain).bytes(key);
        }
        frame.bool(trustsAny);
        if (proxy != null) {
            frame.u8(2).text(proxy);
        } else {
            frame.u8(noProxy ? 1 : 0);
        }
        frame.duration(policyTimeout).bool(mayProvoke);
    }

    /** Leaves addresses and credentials out: they may hold passwords. */
    @Override
    public String toString() {
        return "InfluxClientBuilder(" + endpoints.size() + " endpoints, database " + database + ")";
    }
}
