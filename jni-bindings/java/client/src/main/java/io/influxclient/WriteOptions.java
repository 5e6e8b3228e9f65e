package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.time.Duration;
import java.util.Objects;

/**
 * What one write does otherwise than its client's settings say. Immutable: each method returns new options. May be used
 * by any thread and as often as wanted.
 */
public final class WriteOptions implements Cloneable {

    private static final WriteOptions DEFAULTS = new WriteOptions();

    private String database;
    private String retentionPolicy;
    private ConsistencyLevel consistency;
    private Duration deadline;
    private Duration shardGroup;
    private int mostShardGroups = -1;
    private int extraRequests = -1;
    private boolean checksFieldTypes = true;
    private boolean splitsFieldTypes;
    private Gzip gzip;
    private RetryPolicy retry;

    private WriteOptions() {}

    /**
     * Options that change nothing.
     *
     * @return the options
     */
    public static WriteOptions defaults() {
        return DEFAULTS;
    }

    private WriteOptions copy() {
        try {
            return (WriteOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this class can be cloned", e);
        }
    }

    /**
     * The database to write to.
     *
     * @param name its name
     * @return these options with it
     * @throws NullPointerException if the name is null
     */
    public WriteOptions database(String name) {
        WriteOptions options = copy();
        options.database = Objects.requireNonNull(name, "database");
        return options;
    }

    /**
     * The retention policy to write to.
     *
     * @param name its name
     * @return these options with it
     * @throws NullPointerException if the name is null
     */
    public WriteOptions retentionPolicy(String name) {
        WriteOptions options = copy();
        options.retentionPolicy = Objects.requireNonNull(name, "retention policy");
        return options;
    }

    /**
     * The consistency level to ask for.
     *
     * @param level the level
     * @return these options with it
     * @throws NullPointerException if the level is null
     */
    public WriteOptions consistency(ConsistencyLevel level) {
        WriteOptions options = copy();
        options.consistency = Objects.requireNonNull(level, "level");
        return options;
    }

    /**
     * The time of the whole call, with all attempts and waits.
     *
     * @param time a time span
     * @return these options with it
     * @throws IllegalArgumentException if it is negative
     */
    public WriteOptions deadline(Duration time) {
        WriteOptions options = copy();
        options.deadline = InfluxClientBuilder.checked(time);
        return options;
    }

    /**
     * Sends the points of each shard group in a request of their own, one after the other. A server answers for the
     * first shard that failed and says nothing of the others; cut like this, a failure is about one shard group, and
     * {@link WriteException#tally()} counts those before it and behind it.
     *
     * @param duration the shard duration of the retention policy ({@code SHOW RETENTION POLICIES} tells it)
     * @return these options with it
     * @throws IllegalArgumentException if it is negative
     */
    public WriteOptions perShardGroup(Duration duration) {
        WriteOptions options = copy();
        options.shardGroup = InfluxClientBuilder.checked(duration);
        return options;
    }

    /**
     * Cuts by {@link #perShardGroup} only where that makes at most so many requests.
     *
     * @param groups a number from 1; no limit unless set
     * @return these options with it
     * @throws IllegalArgumentException if it is less than 1
     */
    public WriteOptions atMostShardGroups(int groups) {
        if (groups < 1) {
            throw new IllegalArgumentException("a write has one shard group at least, not " + groups);
        }
        WriteOptions options = copy();
        options.mostShardGroups = groups;
        return options;
    }

    /**
     * How many requests may be spent on finding refused points that the server does not name, and on halving what is
     * too large for it. With none, what cannot be told apart is reported as unknown.
     *
     * @param requests a number from 0; 64 unless set
     * @return these options with it
     * @throws IllegalArgumentException if it is negative
     */
    public WriteOptions extraRequests(int requests) {
        if (requests < 0) {
            throw new IllegalArgumentException("a number of requests is 0 or more, not " + requests);
        }
        WriteOptions options = copy();
        options.extraRequests = requests;
        return options;
    }

    /**
     * Whether a batch is refused that gives one field of one measurement two types. Real clusters acknowledge some such
     * batches and store nothing.
     *
     * @param on whether to check; yes unless set
     * @return these options with it
     */
    public WriteOptions checkFieldTypes(boolean on) {
        WriteOptions options = copy();
        options.checksFieldTypes = on;
        return options;
    }

    /**
     * Sends points that give a field another type than points before them in a request of their own, for batches whose
     * check is off.
     *
     * @param on whether to split; no unless set
     * @return these options with it
     */
    public WriteOptions splitFieldTypes(boolean on) {
        WriteOptions options = copy();
        options.splitsFieldTypes = on;
        return options;
    }

    /**
     * Whether the request is compressed.
     *
     * @param gzip the setting
     * @return these options with it
     * @throws NullPointerException if the setting is null
     */
    public WriteOptions gzip(Gzip gzip) {
        WriteOptions options = copy();
        options.gzip = Objects.requireNonNull(gzip, "gzip");
        return options;
    }

    /**
     * What to do after a failed attempt.
     *
     * @param policy the policy
     * @return these options with it
     * @throws NullPointerException if the policy is null
     */
    public WriteOptions retry(RetryPolicy policy) {
        WriteOptions options = copy();
        options.retry = Objects.requireNonNull(policy, "policy");
        return options;
    }

    ConsistencyLevel levelOr(ConsistencyLevel other) {
        return consistency == null ? other : consistency;
    }

    RetryPolicy retryOr(RetryPolicy other) {
        return retry == null ? other : retry;
    }

    /** The frame for points of a batch; lines add to it. */
    FrameWriter frame(Precision precision) {
        FrameWriter frame = new FrameWriter()
                .text(precision.wireName())
                .text(database)
                .text(retentionPolicy)
                .text(ConsistencyLevel.wireName(consistency))
                .duration(deadline)
                .duration(shardGroup)
                .i32(mostShardGroups)
                .i32(extraRequests)
                .bool(checksFieldTypes)
                .bool(splitsFieldTypes);
        Gzip.put(frame, gzip);
        RetryPolicies.put(frame, retry);
        return frame;
    }
}
