package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each fault does what it says, and the end of each test ends it. */
abstract class Faults {

    private static final Duration SOON = Duration.ofMillis(300);
    private static final long WEEK = 7 * 24 * 3600 * 1_000_000_000L;

    private final TestCluster cluster;
    private final TestNode one;
    private final TestNode two;

    Faults(TestCluster cluster) throws IOException {
        this.cluster = cluster;
        one = cluster.node("data1");
        two = cluster.node("data2");
        // The shard group has to be there, and what an earlier test left in queues has to be gone.
        cluster.waitUntilSettled();
        assertEquals(204, put("first v=1 1"));
    }

    /** A write that every replica has to acknowledge. */
    private int put(String line) throws IOException {
        return Http.write(one, "db=app&consistency=all", line).statusCode();
    }

    private List<String> kinds() {
        return cluster.faults().stream().map(ActiveFault::kind).collect(Collectors.toList());
    }

    @Test
    void killedNodesRefuseAndPausedOnesHang() throws IOException {
        two.kill();
        assertEquals(NodeState.DEAD, two.state());
        assertThrows(ConnectException.class, () -> Http.query(two, "", "SHOW DATABASES"));
        two.startAgain();
        two.waitUntilUp();
        assertEquals(200, Http.query(two, "", "SHOW DATABASES").statusCode());
        two.pause();
        assertEquals(NodeState.PAUSED, two.state());
        assertThrows(HttpTimeoutException.class, () -> Http.write(two, "db=app", "m v=1 1", SOON));
        two.resume();
        assertEquals(NodeState.RUNNING, two.state());
        assertEquals(200, Http.query(two, "", "SHOW DATABASES").statusCode());
    }

    @Test
    void partitionsAndIsolationCutNodesOffButNotTheirClients() throws IOException {
        cluster.partition("data1,meta1", "data2,meta2,meta3");
        assertNotEquals(204, put("m v=1 1"));
        assertEquals(List.of("partition"), kinds());
        assertEquals(
                "cut between data1,meta1 | data2,meta2,meta3",
                cluster.faults().get(0).toString());
        assertEquals(Optional.empty(), cluster.faults().get(0).node());
        cluster.endPartition();
        assertEquals(List.of(), cluster.faults());
        cluster.waitUntilSettled();
        assertEquals(204, put("m v=1 2"));
        two.isolate();
        assertNotEquals(204, put("m v=1 3"));
        assertEquals(204, Http.write(two, "db=app&consistency=one", "m v=1 4").statusCode());
        assertThrows(IllegalArgumentException.class, () -> cluster.partition("data1"));
        assertThrows(IllegalArgumentException.class, () -> cluster.partition("data1,data2", "data2"));
    }

    @Test
    void linksAreCutOneWayAndBothSlowAndLossy() throws IOException {
        cluster.cutOneWay("data2", "data1");
        assertNotEquals(204, put("way v=1 1"));
        Http.until("the write arrives", () -> two.count("app", "way") == 1);
        cluster.heal();
        cluster.cut("data1", "all");
        assertNotEquals(204, put("way v=1 2"));
        assertEquals(1, two.count("app", "way"));
        cluster.heal();
        cluster.waitUntilSettled();
        cluster.delay("data1", "data2", Duration.ofMillis(60));
        long since = System.nanoTime();
        assertEquals(204, put("way v=1 3"));
        assertTrue(System.nanoTime() - since >= Duration.ofMillis(120).toNanos());
        cluster.heal();
        LinkFault lossy = LinkFault.drop(1.0)
                .and(LinkFault.delay(Duration.ofMillis(2), Duration.ofMillis(1)))
                .seed(7);
        cluster.linkOneWay("data1", "data2", lossy.and(LinkFault.bandwidth(100_000)));
        assertEquals(
                "data1: to data2: delay 2ms ± 1ms, drop 100%, bandwidth 100000 B/s",
                cluster.faults().get(0).toString());
        assertNotEquals(204, put("way v=1 4"));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.drop(1.1));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.drop(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.bandwidth(0));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.delay(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.delay(Duration.ofSeconds(Long.MAX_VALUE)));
        assertThrows(IllegalArgumentException.class, () -> LinkFault.cut().seed(-1));
        assertThrows(IllegalArgumentException.class, () -> cluster.cut("data1", "data1"));
        assertThrows(IllegalArgumentException.class, () -> cluster.delay("data1", "data2", Duration.ZERO));
    }

    @Test
    void disksAreFullAndSlowEachForItself() throws IOException {
        two.slowDisk(Disk.SHARDS, Duration.ofMillis(150));
        long since = System.nanoTime();
        assertEquals(204, put("disk v=1 1"));
        assertTrue(System.nanoTime() - since >= Duration.ofMillis(150).toNanos());
        cluster.heal();
        two.fillDisk(Disk.SHARDS);
        assertNotEquals(204, put("disk v=1 2"));
        assertEquals(List.of("disk"), kinds());
        assertThrows(IllegalArgumentException.class, () -> two.fillDisk(Disk.RAFT));
        assertThrows(IllegalArgumentException.class, () -> two.slowDisk(Disk.SHARDS, Duration.ZERO));
    }

    @Test
    void handoffQueuesAreFullAndBlocked() throws IOException {
        two.kill();
        for (Runnable fault :
                List.<Runnable>of(one::fillHandoff, one::blockHandoff, () -> one.fillDisk(Disk.HANDOFF))) {
            fault.run();
            assertEquals(500, put("hint v=1 1"));
            assertEquals(0, one.handoffPoints());
            cluster.heal();
        }
        put("hint v=1 2");
        Http.until("a hint", () -> one.handoffPoints() == 1);
        two.restart();
        cluster.waitUntilSettled();
        assertEquals(1, two.count("app", "hint"), "what no queue took is lost to it");
    }

    @Test
    void clocksAreWrong() throws IOException {
        one.skewClock(Duration.ofHours(2));
        assertTrue(Math.abs(stampedAhead("ahead") - 7200) < 20);
        one.skewClock(Duration.ofMinutes(-3));
        assertTrue(Math.abs(stampedAhead("behind") + 180) < 20);
        assertEquals("data1: clock -3m0s", cluster.faults().get(0).toString());
        assertThrows(IllegalArgumentException.class, () -> one.skewClock(Duration.ZERO));
    }

    private long stampedAhead(String measurement) throws IOException {
        assertEquals(204, put(measurement + " v=1"));
        String answer = Http.query(one, "db=app&epoch=s", "SELECT v FROM " + measurement)
                .body();
        String time = answer.replaceFirst(".*\"values\":\\[\\[", "")
                .replaceFirst(",.*", "")
                .trim();
        return Long.parseLong(time) - Instant.now().getEpochSecond();
    }

    @Test
    void publicPortsRefuseWhileTheNodesGoOn() throws IOException {
        two.refuseHttp();
        assertThrows(ConnectException.class, () -> Http.query(two, "", "SHOW DATABASES"));
        assertEquals(204, put("refused v=1 1"));
        assertEquals(Optional.of("data2"), cluster.faults().get(0).node());
        one.refuseHttp();
        two.heal();
        assertEquals(Optional.of("data1"), cluster.faults().get(0).node());
        cluster.heal();
        assertEquals(200, Http.query(two, "", "SHOW DATABASES").statusCode());
    }

    @Test
    void withoutMetaNodesNothingNewIsMade() throws IOException {
        cluster.metaDown();
        assertEquals(List.of("meta-down", "meta-down", "meta-down"), kinds());
        assertEquals(204, put("meta v=1 1"));
        assertThrows(HttpTimeoutException.class, () -> Http.write(one, "db=app", "meta v=1 " + 100 * WEEK, SOON));
        cluster.heal();
        assertEquals(204, put("meta v=1 " + 100 * WEEK));
        cluster.node("meta1").metaDown();
        assertEquals(List.of("meta-down"), kinds());
        assertThrows(IllegalArgumentException.class, one::metaDown);
    }

    @Test
    void ordersCanBeGivenInTheWordsOfTheCommandLine() {
        cluster.fault("delay", "data1", "all", "20ms", "--jitter", "5ms");
        assertEquals(4, cluster.faults().size());
        cluster.fault("heal");
        assertEquals(List.of(), cluster.faults());
        for (String[] wrong : new String[][] {
            {},
            {""},
            {"kil", "data1"},
            {"kill"},
            {"kill", "-x"},
            {"help"},
            {"--help"},
            {"delay", "data1", "data2", "soon"},
            {"kill", "data1", "data\0"},
            {"reply", "data1"}
        }) {
            assertThrows(IllegalArgumentException.class, () -> cluster.fault(wrong), () -> String.join(" ", wrong));
        }
        assertThrows(NullPointerException.class, () -> cluster.fault("kill", null));
        assertThrows(NullPointerException.class, () -> cluster.fault((String[]) null));
        assertTrue(cluster.nodes().stream().allMatch(node -> node.state() == NodeState.RUNNING));
    }
}
