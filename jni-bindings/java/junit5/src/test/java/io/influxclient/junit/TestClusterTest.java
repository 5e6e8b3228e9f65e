package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a cluster is, and what it tells of itself. */
class TestClusterTest {

    private static TestClusterBuilder small() {
        return TestCluster.builder()
                .meta(1)
                .data(2)
                .set("hh-retry-interval", "50ms")
                .database("app");
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void aClusterStoresWhatADeadNodeMissedWhenItIsBack(Profile profile) throws IOException {
        TestClusterBuilder builder =
                TestCluster.builder().profile(profile).database("app").set("hh-retry-interval", "50ms");
        if (profile == Profile.V0_10) {
            // Else it may acknowledge and lose a write to a shard that it has not heard of yet.
            builder.set("ack-dropped-shard", "false");
        }
        try (TestCluster cluster = builder.start()) {
            assertEquals(List.of("meta1", "meta2", "meta3", "data1", "data2", "data3"), names(cluster));
            assertEquals(profile, cluster.profile());
            assertEquals(Optional.of("app"), cluster.database());
            TestNode dead = cluster.node("data3");
            dead.kill();
            assertEquals(NodeState.DEAD, dead.state());
            assertEquals(
                    204,
                    Http.write(cluster.node("data1"), "db=app&consistency=quorum", "m v=1 1\nm v=2 2")
                            .statusCode());
            assertEquals(2, cluster.node("data2").count("app", "m"));
            dead.restart();
            assertEquals(NodeState.RUNNING, dead.state());
            Http.until("the hints arrive", () -> dead.count("app", "m") == 2);
            cluster.waitUntilSettled();
            cluster.waitUntilInSync();
        }
    }

    /** One of a few, as the machine may be busy: starts that wait for an election all take longer. */
    @Test
    void startingTakesLessThanASecond() {
        // The first one loads the library.
        TestCluster.builder().start().close();
        List<Duration> starts = new ArrayList<>();
        boolean inTime = false;
        while (!inTime && starts.size() < 5) {
            long since = System.nanoTime();
            TestCluster.builder().data(5).start().close();
            Duration took = Duration.ofNanos(System.nanoTime() - since);
            starts.add(took);
            inTime = took.compareTo(Duration.ofSeconds(1)) < 0;
        }
        assertTrue(inTime, starts::toString);
    }

    @Test
    void nodesCanBeBothMetaAndData() {
        try (TestCluster cluster =
                TestCluster.builder().combined(3).database("app", 2).start()) {
            assertEquals(List.of("node1", "node2", "node3"), names(cluster));
            assertEquals(NodeRole.BOTH, cluster.node("node1").role());
            assertEquals(3, cluster.urls().size());
            assertEquals("TestCluster[1.8, 3 data nodes]", cluster.toString());
        }
    }

    @Test
    void whatCannotBeBuiltIsRefusedAndNothingIsLeftBehind() {
        String message = assertThrows(
                        IllegalArgumentException.class, TestCluster.builder().set("write-timeout", "soon")::start)
                .getMessage();
        assertEquals(
                "option write-timeout: \"soon\" is no duration: write a number and a unit (ns, us, ms, s, m, h), such as"
                        + " 1s, 250ms or 1h30m",
                message);
        for (TestClusterBuilder wrong : List.of(
                TestCluster.builder().data(0),
                TestCluster.builder().meta(65),
                TestCluster.builder().data(-1),
                TestCluster.builder().set("write-timeot", "1s"),
                TestCluster.builder().set("", ""),
                TestCluster.builder().set("dial-timeout", "1s").profile(Profile.V0_10))) {
            assertThrows(IllegalArgumentException.class, wrong::start);
        }
        assertThrows(ClusterException.class, TestCluster.builder().database("")::start);
        assertThrows(IllegalArgumentException.class, () -> TestCluster.builder().database("app", -1));
        assertThrows(IllegalArgumentException.class, TestCluster.builder().limit(Duration.ofSeconds(-1))::start);
    }

    @Test
    void unknownNodesAreNamedWithThoseThereAre() {
        try (TestCluster cluster = small().start()) {
            String message = assertThrows(IllegalArgumentException.class, () -> cluster.node("data9"))
                    .getMessage();
            assertTrue(message.contains("meta1, data1, data2"), message);
            message = assertThrows(IllegalArgumentException.class, () -> cluster.cut("data1", "dat2"))
                    .getMessage();
            assertTrue(message.contains("did you mean data2?"), message);
            assertThrows(
                    IllegalArgumentException.class, () -> cluster.node("meta1").count("app", "m"));
            assertThrows(
                    IllegalArgumentException.class, () -> cluster.node("meta1").refuseHttp());
            cluster.node("data2").kill();
            assertThrows(
                    IllegalStateException.class, () -> cluster.node("data2").count("app", "m"));
            cluster.node("data1").pause();
            assertThrows(
                    IllegalStateException.class, () -> cluster.node("data1").handoffPoints());
            assertEquals(List.of(), cluster.faults());
        }
    }

    @Test
    void nodesJoinAndLeave() {
        try (TestCluster cluster = small().start()) {
            TestNode third = cluster.add(NodeRole.DATA);
            assertEquals("data3", third.name());
            assertEquals(NodeRole.DATA, third.role());
            assertEquals(0, third.count("app", "m"));
            assertEquals("meta2", cluster.add(NodeRole.META).name());
            cluster.remove("data3");
            assertEquals(List.of("meta1", "data1", "data2", "meta2"), names(cluster));
            assertThrows(IllegalArgumentException.class, third::state);
            assertThrows(IllegalArgumentException.class, third::kill);
            assertThrows(IllegalArgumentException.class, () -> cluster.remove("data3"));
        }
    }

    @Test
    void databasesAreKnownToAllOrRefused() throws IOException {
        try (TestCluster cluster = small().start()) {
            cluster.createDatabase("o\"dd \\ näme", 1);
            for (TestNode node : cluster.dataNodes()) {
                String shown = Http.query(node, "", "SHOW DATABASES").body();
                assertTrue(shown.contains("o\\\"dd \\\\ näme"), shown);
            }
            assertThrows(ClusterException.class, () -> cluster.createDatabase("", 1));
            assertThrows(IllegalArgumentException.class, () -> cluster.createDatabase("x", 0));
            assertThrows(NullPointerException.class, () -> cluster.createDatabase(null, 1));
        }
    }

    @Test
    void waitsSayWhatIsMissingAndEndWithTheirLimitOrAnInterrupt() throws IOException {
        // Tried again at once when the owner is back, however long it was away.
        TestClusterBuilder builder = small().set("hh-retry-max-interval", "50ms");
        try (TestCluster cluster = builder.limit(Duration.ofSeconds(5)).start()) {
            TestNode one = cluster.node("data1");
            cluster.node("data2").kill();
            assertEquals(
                    204, Http.write(one, "db=app&consistency=one", "m v=1 1").statusCode());
            Http.until("a hint", () -> one.handoffPoints() == 1);
            String message = assertThrows(ClusterException.class, cluster::waitUntilSettled)
                    .getMessage();
            assertTrue(message.contains("data1 has 1 points for node"), message);
            Thread.currentThread().interrupt();
            message = assertThrows(ClusterException.class, cluster::waitUntilSettled)
                    .getMessage();
            assertTrue(message.startsWith("interrupted"), message);
            assertTrue(Thread.interrupted(), "still set");
            assertFalse(cluster.drained(Duration.ofMillis(10)));
            cluster.restore();
            assertTrue(cluster.drained(Http.LIMIT));
            cluster.waitUntilInSync();
            assertEquals(1, cluster.node("data2").count("app", "m"));
        }
    }

    /** Orders wait for each other; a wait lets them pass. */
    @Test
    void aWaitDoesNotHoldUpTheOrderThatEndsIt() throws Exception {
        try (TestCluster cluster = small().start()) {
            TestNode one = cluster.node("data1");
            cluster.node("data2").kill();
            assertEquals(
                    204, Http.write(one, "db=app&consistency=one", "m v=1 1").statusCode());
            Http.until("a hint", () -> one.handoffPoints() == 1);
            Thread waiting = new Thread(cluster::waitUntilSettled);
            waiting.start();
            cluster.node("data2").restart();
            waiting.join(Http.LIMIT.toMillis());
            assertFalse(waiting.isAlive());
        }
    }

    @Test
    void everyNodeHasALogOfItsOwn() throws IOException {
        try (TestCluster cluster = small().start()) {
            cluster.node("data2").reply(ReplyFault.status(500));
            Http.write(cluster.node("data2"), "db=app", "m v=1 1");
            assertTrue(logged(cluster.node("data2")));
            assertFalse(logged(cluster.node("data1")));
            String description = cluster.describe();
            assertTrue(description.contains("in force: data2: reply: 500"), description);
            assertTrue(description.contains("the end of the log of data1 (RUNNING, http://"), description);
        }
    }

    private static boolean logged(TestNode node) {
        return node.logs().stream().anyMatch(line -> line.contains("answered as ordered"));
    }

    @Test
    void clustersDoNotShareAnything() throws IOException {
        try (TestCluster one = small().start();
                TestCluster other = small().start()) {
            assertEquals(
                    204,
                    Http.write(one.node("data1"), "db=app&consistency=all", "m v=1 1")
                            .statusCode());
            one.node("data1").refuseHttp();
            assertEquals(0, other.node("data1").count("app", "m"));
            assertEquals(List.of(), other.faults());
            assertTrue(one.urls().stream().noneMatch(other.urls()::contains));
        }
    }

    private static List<String> names(TestCluster cluster) {
        return cluster.nodes().stream().map(TestNode::name).collect(Collectors.toList());
    }
}
