package io.influxclient.junit;

import io.influxclient.junit.internal.NativeCluster;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A node of a {@link TestCluster}. Safe for use by several threads. Each method that asks or changes it throws
 * {@link IllegalStateException} once the cluster is closed, and {@link IllegalArgumentException} once the node has left
 * it.
 */
public final class TestNode {

    private final TestCluster cluster;
    private final String name;
    private final NodeRole role;
    private final long id;
    private final String url;

    TestNode(TestCluster cluster, String name, NodeRole role, long id, String url) {
        this.cluster = cluster;
        this.name = name;
        this.role = role;
        this.id = id;
        this.url = url;
    }

    /**
     * What it is called.
     *
     * @return {@code meta1}, {@code data1}, {@code node1} …
     */
    public String name() {
        return name;
    }

    /**
     * What it does.
     *
     * @return the role
     */
    public NodeRole role() {
        return role;
    }

    /**
     * Its id in the cluster's metadata, as {@code SHOW SHARDS} gives it.
     *
     * @return its id as a data node if it is one, else as a meta node
     */
    public long id() {
        return id;
    }

    /**
     * Where it listens; the same after a restart.
     *
     * @return {@code http://host:port} of its public API, or of its meta API if it is no data node
     */
    public String url() {
        return url;
    }

    /**
     * Whether it runs.
     *
     * @return at this moment
     */
    public NodeState state() {
        String[] words = cluster.call(NativeCluster::nodes);
        for (int row = 0; row < words.length; row += 5) {
            if (words[row].equals(name)) {
                return NodeState.of(words[row + 4]);
            }
        }
        throw new IllegalArgumentException("no node is called " + name);
    }

    /**
     * Ends it at once, as a crash would: connections to it are refused. What it had stored is there when it starts
     * again.
     */
    public void kill() {
        cluster.fault("kill", name);
    }

    /** Stops it without ending it, and returns once it stands still: its sockets stay open and nothing answers. */
    public void pause() {
        cluster.fault("pause", name);
    }

    /** Lets it go on after a pause. */
    public void resume() {
        cluster.fault("resume", name);
    }

    /**
     * Starts it again, killing it first if it runs, and returns once it answers. Until then other calls for this
     * cluster wait; one that needs the end of a fault to come up is started with {@link #startAgain()}.
     *
     * @throws ClusterException if it does not come up within the cluster's limit
     */
    public void restart() {
        cluster.fault("restart", name);
    }

    /** Starts it again, killing it first if it runs, without waiting until it answers. See {@link #waitUntilUp()}. */
    public void startAgain() {
        cluster.fault("start-again", name);
    }

    /**
     * Waits until it answers, for the cluster's limit at most. An interrupt ends the wait with a {@link
     * ClusterException}.
     *
     * @throws ClusterException if the limit passes first
     */
    public void waitUntilUp() {
        cluster.waitUntilNone(cluster.limit(), "an answer of " + name, handle -> {
            NodeState state = state();
            return state == NodeState.RUNNING ? Ping.failure(url) : "it is " + state;
        });
    }

    /** Cuts all of its links to other nodes; clients still reach it. */
    public void isolate() {
        cluster.fault("isolate", name);
    }

    /**
     * Fills a part of its disk up: writes there fail until the heal.
     *
     * @param disk which part
     * @throws IllegalArgumentException if it has no such part
     */
    public void fillDisk(Disk disk) {
        cluster.fault("disk-full", name, "--disk", disk.word());
    }

    /**
     * Makes each write to a part of its disk take longer.
     *
     * @param disk which part
     * @param delay how much longer
     * @throws IllegalArgumentException if it has no such part, or the delay is none
     */
    public void slowDisk(Disk disk, Duration delay) {
        cluster.fault("slow-disk", name, "--disk", disk.word(), "--delay", Words.time(delay));
    }

    /**
     * Sets its clock wrong. Default timestamps of points, {@code now()} in queries and retention go by it; time-outs do
     * not.
     *
     * @param skew how far ahead of the right time; negative for behind
     * @throws IllegalArgumentException if it is zero
     */
    public void skewClock(Duration skew) {
        cluster.fault("clock", Words.skew(skew), name);
    }

    /**
     * Has requests of clients answered otherwise.
     *
     * @param fault how
     * @throws IllegalArgumentException if it has no public API, or no server could answer so
     */
    public void reply(ReplyFault fault) {
        cluster.fault(fault.order(name));
    }

    /**
     * Closes its public port: clients are refused, and the connections there are end. The other nodes still reach it.
     *
     * @throws IllegalArgumentException if it is no data node
     */
    public void refuseHttp() {
        cluster.fault("refuse-http", name);
    }

    /**
     * Makes its hinted handoff queues take nothing more, as at their size limit.
     *
     * @throws IllegalArgumentException if it is no data node
     */
    public void fillHandoff() {
        cluster.fault("hh-full", name);
    }

    /**
     * Makes its hinted handoff queues refuse every write, as if too many were under way already.
     *
     * @throws IllegalArgumentException if it is no data node
     */
    public void blockHandoff() {
        cluster.fault("hh-block", name);
    }

    /**
     * Makes its meta part refuse connections.
     *
     * @throws IllegalArgumentException if it is no meta node
     */
    public void metaDown() {
        cluster.fault("meta-down", name);
    }

    /** Ends all of its faults and those of its links, and takes it out of a partition. Paused or dead it stays. */
    public void heal() {
        cluster.fault("heal", name);
    }

    /**
     * What it logged, in all its lives.
     *
     * @return the last two thousand lines at most, oldest first
     */
    public List<String> logs() {
        return List.of(cluster.call(handle -> NativeCluster.logs(handle, name)));
    }

    /**
     * How many points (series and time) of a measurement its own shards hold, whatever the other nodes have.
     *
     * @param database the database
     * @param measurement the measurement
     * @return so many; 0 where there is no such database or measurement
     * @throws IllegalArgumentException if it is no data node
     * @throws IllegalStateException if it does not run, or the cluster is closed
     */
    public long count(String database, String measurement) {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(measurement, "measurement");
        return cluster.call(handle -> NativeCluster.countOn(handle, name, database, measurement));
    }

    /**
     * How many points wait in its hinted handoff queues for other nodes.
     *
     * @return at this moment
     * @throws IllegalArgumentException if it is no data node
     * @throws IllegalStateException if it does not run, or the cluster is closed
     */
    public long handoffPoints() {
        String[] words = cluster.call(handle -> NativeCluster.handoff(handle, name));
        long points = 0;
        for (int row = 0; row < words.length; row += 4) {
            points += Long.parseLong(words[row + 2]);
        }
        return points;
    }

    /**
     * Name and URL.
     *
     * @return such as {@code data1 (http://127.0.0.1:8086)}
     */
    @Override
    public String toString() {
        return name + " (" + url + ")";
    }
}
