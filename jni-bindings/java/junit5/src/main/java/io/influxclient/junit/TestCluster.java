package io.influxclient.junit;

import io.influxclient.InfluxClient;
import io.influxclient.InfluxClientBuilder;
import io.influxclient.junit.internal.NativeCluster;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/**
 * A cluster inside this JVM.
 *
 * <pre>{@code
 * try (TestCluster cluster = TestCluster.builder().database("app").start()) {
 *     cluster.partition("data1,meta1", "data2,data3,meta2,meta3");
 *     cluster.delay("data2", "data3", Duration.ofMillis(20));
 *     cluster.node("data1").fillHandoff();
 *     cluster.node("data2").reply(ReplyFault.ofClass("overloaded").on("/write").times(3));
 *     cluster.faults().forEach(System.out::println);
 *     cluster.heal();
 *     assertEquals(List.of(), cluster.faults());
 * }
 * }</pre>
 *
 * <p>Faults add up until {@link #heal()} ends all of them. Faults of the network are between the nodes; clients reach
 * every node that runs, unless it is told to {@linkplain TestNode#refuseHttp() refuse} them or to {@linkplain
 * TestNode#reply(ReplyFault) answer otherwise}.
 *
 * <p>Safe for use by several threads. An order that starts, kills or pauses nodes, or that lets them join or leave, is
 * carried out alone: others wait until it is done. An interrupt ends the waits of this class ({@link
 * #waitUntilSettled()}, {@link #waitUntilInSync()}, {@link #drained}) with a {@link ClusterException}, with the
 * thread's interrupted state set; everything else takes its course.
 *
 * <p>After {@link #close()} each method but that one throws {@link IllegalStateException}. A cluster that nothing
 * refers to any more is closed some time later, and all are closed at the end of the JVM; whoever uses the URLs alone
 * has to keep the cluster as well.
 */
public final class TestCluster implements AutoCloseable {

    private static final Cleaner CLEANER = Cleaner.create();
    /** Between two looks at something that is waited for. */
    private static final long TICK_MILLIS = 2;
    /** What a cluster comes to when it is left alone. */
    private static final String SETTLED = "empty hinted handoff queues and no writes on their way";
    /** Lines of each node's log that are shown when a test fails. */
    private static final int SHOWN_LINES = 40;

    private final long handle;
    private final Cleaner.Cleanable stop;
    private final Profile profile;
    private final Duration limit;
    private final String database;

    TestCluster(long handle, Profile profile, Duration limit, String database) {
        this.handle = handle;
        this.profile = profile;
        this.limit = limit;
        this.database = database;
        // Must not refer to this object, or it would never be unreachable.
        stop = CLEANER.register(this, () -> NativeCluster.stop(handle));
    }

    /**
     * Three meta nodes and three data nodes in profile 1.8, unless it is told otherwise.
     *
     * @return what builds a cluster
     */
    public static TestClusterBuilder builder() {
        return new TestClusterBuilder();
    }

    /**
     * Which system it answers like.
     *
     * @return as it was built
     */
    public Profile profile() {
        return profile;
    }

    /**
     * The database that it was built with.
     *
     * @return its name, or nothing
     */
    public Optional<String> database() {
        return Optional.ofNullable(database);
    }

    /**
     * How long a node may take to come up, and how long the waits last.
     *
     * @return as it was built
     */
    public Duration limit() {
        return limit;
    }

    /**
     * All nodes: meta nodes first, then data nodes, then those that joined later.
     *
     * @return at this moment
     * @throws IllegalStateException if the cluster is closed
     */
    public List<TestNode> nodes() {
        String[] words = call(NativeCluster::nodes);
        List<TestNode> nodes = new ArrayList<>();
        for (int row = 0; row < words.length; row += 5) {
            NodeRole role = NodeRole.of(words[row + 1]);
            nodes.add(new TestNode(this, words[row], role, Long.parseLong(words[row + 2]), words[row + 3]));
        }
        return Collections.unmodifiableList(nodes);
    }

    /**
     * The data nodes, which have the public API.
     *
     * @return at this moment
     * @throws IllegalStateException if the cluster is closed
     */
    public List<TestNode> dataNodes() {
        return nodes().stream().filter(node -> node.role() != NodeRole.META).collect(Collectors.toUnmodifiableList());
    }

    /**
     * The node of that name.
     *
     * @param name {@code data1}, {@code meta1}, {@code node1} …
     * @return the node
     * @throws IllegalArgumentException if there is none; the message names those there are
     * @throws IllegalStateException if the cluster is closed
     */
    public TestNode node(String name) {
        Objects.requireNonNull(name, "name");
        List<TestNode> nodes = nodes();
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node is called " + name + ": there are "
                        + nodes.stream().map(TestNode::name).collect(Collectors.joining(", "))));
    }

    /**
     * The public APIs of all data nodes, whether they run or not.
     *
     * @return {@code http://host:port} each
     * @throws IllegalStateException if the cluster is closed
     */
    public List<String> urls() {
        return dataNodes().stream().map(TestNode::url).collect(Collectors.toUnmodifiableList());
    }

    /**
     * Settings of a client of this cluster: the addresses of all data nodes, and the {@linkplain #database() database}.
     *
     * @return a builder; whoever builds a client with it closes that
     * @throws IllegalStateException if the cluster is closed
     */
    public InfluxClientBuilder clientBuilder() {
        InfluxClientBuilder builder = InfluxClient.builder(urls().toArray(String[]::new));
        return database == null ? builder : builder.database(database);
    }

    /**
     * Cuts the links between nodes of different sides. Nodes on no side keep all of theirs. Replaces an earlier
     * partition.
     *
     * @param sides names of nodes with commas between them: {@code "data1,meta1", "data2,data3"}
     * @throws IllegalArgumentException if a name is unknown or on two sides, or there is one side alone
     * @throws IllegalStateException if the cluster is closed
     */
    public void partition(String... sides) {
        List<String> order = new ArrayList<>(List.of("partition"));
        order.addAll(List.of(sides));
        fault(order.toArray(String[]::new));
    }

    /**
     * Ends the partition, and leaves other faults as they are.
     *
     * @throws IllegalStateException if the cluster is closed
     */
    public void endPartition() {
        fault("rejoin");
    }

    /**
     * Makes the link between two nodes faulty both ways.
     *
     * @param one a node's name
     * @param other a node's name; {@code all} for the links to all others
     * @param fault what is wrong; adds to what was
     * @throws IllegalArgumentException if a name is unknown, both are the same, or the fault is none
     * @throws IllegalStateException if the cluster is closed
     */
    public void link(String one, String other, LinkFault fault) {
        List<String> order = new ArrayList<>(List.of("link", one, other));
        order.addAll(fault.words());
        fault(order.toArray(String[]::new));
    }

    /**
     * Makes the way from one node to another faulty, and leaves the way back as it is.
     *
     * @param from the name of the node whose requests and answers suffer
     * @param to the name of the node that they are for; {@code all} for all others
     * @param fault what is wrong; adds to what was
     * @throws IllegalArgumentException if a name is unknown, both are the same, or the fault is none
     * @throws IllegalStateException if the cluster is closed
     */
    public void linkOneWay(String from, String to, LinkFault fault) {
        List<String> order = new ArrayList<>(List.of("link", from, to, "--one-way"));
        order.addAll(fault.words());
        fault(order.toArray(String[]::new));
    }

    /**
     * Cuts the link between two nodes.
     *
     * @param one a node's name
     * @param other a node's name; {@code all} for the links to all others
     * @throws IllegalArgumentException if a name is unknown or both are the same
     * @throws IllegalStateException if the cluster is closed
     */
    public void cut(String one, String other) {
        link(one, other, LinkFault.cut());
    }

    /**
     * Cuts the way from one node to another: the one's requests are lost, and so are its answers to the other's
     * requests, which arrive.
     *
     * @param from a node's name
     * @param to a node's name; {@code all} for all others
     * @throws IllegalArgumentException if a name is unknown or both are the same
     * @throws IllegalStateException if the cluster is closed
     */
    public void cutOneWay(String from, String to) {
        linkOneWay(from, to, LinkFault.cut());
    }

    /**
     * Delays what two nodes send each other.
     *
     * @param one a node's name
     * @param other a node's name; {@code all} for the links to all others
     * @param delay how much later each message arrives; a request and its answer are two
     * @throws IllegalArgumentException if a name is unknown, both are the same, or the delay is none
     * @throws IllegalStateException if the cluster is closed
     */
    public void delay(String one, String other, Duration delay) {
        link(one, other, LinkFault.delay(delay));
    }

    /**
     * Makes every meta node refuse connections: databases and shard groups cannot be made, and points in shard groups
     * that there are can be written.
     *
     * @throws IllegalStateException if the cluster is closed
     */
    public void metaDown() {
        fault("meta-down");
    }

    /**
     * Ends every fault of links and nodes. Paused nodes stay paused and dead ones dead.
     *
     * @throws IllegalStateException if the cluster is closed
     */
    public void heal() {
        fault("heal");
    }

    /**
     * Ends every fault, lets paused nodes go on and starts dead ones again.
     *
     * @throws ClusterException if a node does not come up
     * @throws IllegalStateException if the cluster is closed
     */
    public void restore() {
        List<TestNode> dead = new ArrayList<>();
        for (TestNode node : nodes()) {
            NodeState state = node.state();
            if (state == NodeState.PAUSED) {
                node.resume();
            } else if (state == NodeState.DEAD) {
                dead.add(node);
            }
        }
        heal();
        // All at once: a meta node alone has nobody to agree with.
        dead.forEach(TestNode::startAgain);
        dead.forEach(TestNode::waitUntilUp);
    }

    /**
     * A fault, or the end of one, in the words of {@code influx-cli fault}: {@code kill data1},
     * {@code drop data1 all 10% --one-way}, {@code reply data1 --class overloaded --times 3}, {@code heal}. The options
     * {@code --for} and {@code --dir} and the verb {@code list} have no meaning here.
     *
     * @param words each word by itself
     * @throws IllegalArgumentException if the words are no order, or this cluster cannot have the fault; then nothing
     *     has changed
     * @throws ClusterException if a node does not come up
     * @throws IllegalStateException if the cluster is closed
     */
    public void fault(String... words) {
        String[] own = words.clone();
        for (String word : own) {
            Objects.requireNonNull(word, "word");
        }
        call(cluster -> {
            NativeCluster.fault(cluster, own);
            return null;
        });
    }

    /**
     * What is in force; replies with the times that they have left. Killed and paused nodes are no part of it.
     *
     * @return at this moment
     * @throws IllegalStateException if the cluster is closed
     */
    public List<ActiveFault> faults() {
        String[] words = call(NativeCluster::faults);
        List<ActiveFault> faults = new ArrayList<>();
        for (int row = 0; row < words.length; row += 3) {
            faults.add(new ActiveFault(words[row], words[row + 1], words[row + 2]));
        }
        return Collections.unmodifiableList(faults);
    }

    /**
     * Makes a database through the first data node that runs, and returns when all running data nodes know it.
     *
     * @param name what it is called
     * @param copies how many data nodes keep each point
     * @throws IllegalArgumentException if there is to be no copy
     * @throws ClusterException if the statement is refused, or a node does not hear of it in time
     * @throws IllegalStateException if the cluster is closed
     */
    public void createDatabase(String name, int copies) {
        Objects.requireNonNull(name, "name");
        call(cluster -> {
            NativeCluster.createDatabase(cluster, name, copies);
            return null;
        });
    }

    /**
     * Adds a node.
     *
     * @param role what it does
     * @return the node, once it takes part
     * @throws ClusterException if the meta nodes do not take it, or it does not come up
     * @throws IllegalStateException if the cluster is closed
     */
    public TestNode add(NodeRole role) {
        return node(call(cluster -> NativeCluster.add(cluster, role.word())));
    }

    /**
     * Takes a node out of the cluster, dead or alive, and ends it. Shards are not moved: in profile 1.8 those that it
     * owned alone are given, empty, to another owner of their group, in 0.10 they are left without an owner.
     *
     * @param name the node's name
     * @throws IllegalArgumentException if there is none of that name
     * @throws ClusterException if the meta nodes do not take the change; the node goes on then
     * @throws IllegalStateException if the cluster is closed
     */
    public void remove(String name) {
        Objects.requireNonNull(name, "name");
        call(cluster -> {
            NativeCluster.remove(cluster, name);
            return null;
        });
    }

    /**
     * Waits until no running data node has anything in its hinted handoff queues or on its way to an owner, for the
     * {@linkplain #limit() limit} at most. A write below level all is answered before its last owner has it, and one that
     * timed out before its points are in a queue. What a dead or paused node keeps is not seen.
     *
     * @throws ClusterException if the limit passes first, with what still waits
     * @throws IllegalStateException if the cluster is closed
     */
    public void waitUntilSettled() {
        waitUntilNone(limit, SETTLED, NativeCluster::unsettled);
    }

    /**
     * Waits as {@link #waitUntilSettled()} does.
     *
     * @param limit how long to wait
     * @return whether it came to that
     * @throws IllegalStateException if the cluster is closed
     */
    public boolean drained(Duration limit) {
        return lastMissing(limit, SETTLED, NativeCluster::unsettled) == null;
    }

    /**
     * Waits until all running data nodes have the same metadata, and the same in every shard that they share, for the
     * {@linkplain #limit() limit} at most. Two replicas can be in sync although neither has a write that is on its way.
     *
     * @throws ClusterException if the limit passes first, with a difference
     * @throws IllegalStateException if the cluster is closed
     */
    public void waitUntilInSync() {
        waitUntilNone(limit, "replicas in sync", NativeCluster::outOfSync);
    }

    /**
     * The end of each node's log, for people: what the extension prints when a test fails.
     *
     * @return several lines
     * @throws IllegalStateException if the cluster is closed
     */
    public String describe() {
        StringBuilder text = new StringBuilder();
        faults().forEach(fault -> text.append("--- in force: ").append(fault).append('\n'));
        for (TestNode node : nodes()) {
            List<String> lines = node.logs();
            text.append("--- the end of the log of ")
                    .append(node.name())
                    .append(" (")
                    .append(node.state())
                    .append(", ")
                    .append(node.url())
                    .append(")\n");
            lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())
                    .forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }

    /** Ends all nodes and removes their files, once calls under way have ended. Nothing happens the second time. */
    @Override
    public void close() {
        stop.clean();
    }

    /**
     * What it is made of.
     *
     * @return such as {@code TestCluster[1.8, 3 data nodes]}
     */
    @Override
    public String toString() {
        try {
            return "TestCluster[" + profile.version() + ", " + dataNodes().size() + " data nodes]";
        } catch (IllegalStateException e) {
            return "TestCluster[closed]";
        }
    }

    /** Calls the native side, and keeps this cluster from being closed as unreachable meanwhile. */
    <T> T call(LongFunction<T> call) {
        try {
            return call.apply(handle);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    void waitUntilNone(Duration limit, String what, LongFunction<String> missing) {
        String last = lastMissing(limit, what, missing);
        if (last != null) {
            throw new ClusterException("not after " + limit.toMillis() + " ms: " + what + "; " + last);
        }
    }

    /** What was missing when the limit passed; null if nothing was in time. */
    private String lastMissing(Duration limit, String what, LongFunction<String> missing) {
        long since = System.nanoTime();
        while (true) {
            String last = call(missing);
            if (last == null || System.nanoTime() - since >= limit.toNanos()) {
                return last;
            }
            try {
                Thread.sleep(TICK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClusterException("interrupted while waiting for " + what + "; " + last, e);
            }
        }
    }
}
