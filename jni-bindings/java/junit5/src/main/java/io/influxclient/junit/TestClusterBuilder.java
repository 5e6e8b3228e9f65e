package io.influxclient.junit;

import io.influxclient.junit.internal.NativeCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a {@link TestCluster} is built. May start any number of them, all of one kind. Not for use by several threads at
 * once.
 */
public final class TestClusterBuilder {

    private int meta = 3;
    private int data = 3;
    private int combined;
    private Profile profile = Profile.V1_8;
    private Duration limit = Duration.ofSeconds(30);
    private final List<String> settings = new ArrayList<>();
    private String database;
    private int copies;

    TestClusterBuilder() {}

    /**
     * So many meta nodes, {@code meta1} ….
     *
     * @param count from 1 to 64; 3 unless said otherwise
     * @return this builder
     */
    public TestClusterBuilder meta(int count) {
        meta = count;
        return this;
    }

    /**
     * So many data nodes, {@code data1} ….
     *
     * @param count from 1 to 64; 3 unless said otherwise
     * @return this builder
     */
    public TestClusterBuilder data(int count) {
        data = count;
        return this;
    }

    /**
     * So many nodes that are meta nodes and data nodes at once, {@code node1} …, and no others.
     *
     * @param count from 1 to 64; 0 for meta nodes and data nodes after all
     * @return this builder
     */
    public TestClusterBuilder combined(int count) {
        combined = count;
        return this;
    }

    /**
     * Which system to answer like.
     *
     * @param profile 1.8 unless said otherwise
     * @return this builder
     */
    public TestClusterBuilder profile(Profile profile) {
        this.profile = Objects.requireNonNull(profile, "profile");
        return this;
    }

    /**
     * Sets an option of every node, by the name of the real configuration.
     *
     * @param name such as {@code write-timeout} or {@code hh-retry-interval}; {@code influx-cli cluster options} lists
     *     them
     * @param value as in the real configuration, such as {@code 1s}
     * @return this builder
     */
    public TestClusterBuilder set(String name, String value) {
        settings.add(Objects.requireNonNull(name, "name") + "=" + Objects.requireNonNull(value, "value"));
        return this;
    }

    /**
     * How long a node may take to come up, and how long the waits of the cluster last.
     *
     * @param limit 30 seconds unless said otherwise
     * @return this builder
     */
    public TestClusterBuilder limit(Duration limit) {
        this.limit = Objects.requireNonNull(limit, "limit");
        return this;
    }

    /**
     * A database that is there from the start, with a copy of each point on every data node.
     *
     * @param name what it is called
     * @return this builder
     */
    public TestClusterBuilder database(String name) {
        return database(name, 0);
    }

    /**
     * A database that is there from the start.
     *
     * @param name what it is called
     * @param copies how many data nodes keep each point; 0 for every one
     * @return this builder
     * @throws IllegalArgumentException if copies is negative
     */
    public TestClusterBuilder database(String name, int copies) {
        if (copies < 0) {
            throw new IllegalArgumentException(copies + " copies of each point");
        }
        database = Objects.requireNonNull(name, "name");
        this.copies = copies;
        return this;
    }

    /**
     * Starts the nodes and returns once all of them answer.
     *
     * @return the cluster, to be closed
     * @throws IllegalArgumentException if an option is unknown or its value wrong, or there cannot be so many nodes
     * @throws ClusterException if a node does not come up in time
     * @throws IllegalStateException if the JVM is about to end
     * @throws UnsatisfiedLinkError if the native library cannot be loaded, with the reasons
     */
    public TestCluster start() {
        NativeCluster.load();
        List<String> words = new ArrayList<>(List.of(
                "--meta=" + meta, "--data=" + data, "--profile=" + profile.version(), "--limit=" + Words.time(limit)));
        if (combined != 0) {
            words.add("--nodes=" + combined);
        }
        settings.forEach(setting -> words.add("--set=" + setting));
        long handle = NativeCluster.start(words.toArray(String[]::new));
        TestCluster cluster = new TestCluster(handle, profile, limit, database);
        if (database != null) {
            try {
                cluster.createDatabase(
                        database, copies == 0 ? cluster.dataNodes().size() : copies);
            } catch (RuntimeException e) {
                cluster.close();
                throw e;
            }
        }
        return cluster;
    }
}
