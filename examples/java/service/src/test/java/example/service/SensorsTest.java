package example.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import example.service.Sensors.Delivery;
import io.influxclient.ConsistencyLevel;
import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.RetryPolicies;
import io.influxclient.WriteClass;
import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.TestCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The service against a real small cluster inside this JVM, with the faults that it must survive. Each test starts with
 * a whole cluster and no readings of its own sensor.
 */
@InfluxCluster(data = 3, meta = 3, database = "weather", settings = {"write-timeout=2s", "hh-retry-interval=50ms"})
class SensorsTest {

    private static final Instant NOON = Instant.parse("2016-01-01T12:00:00Z");

    private final TestCluster cluster;
    private final List<String> told = new ArrayList<>();
    private InfluxClient client;
    private Sensors sensors;

    SensorsTest(TestCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void open() {
        // One node and one attempt: what the service makes of the first answer is what is tested here.
        client = InfluxClient.builder(cluster.node("data1").url())
                .database("weather")
                .consistency(ConsistencyLevel.QUORUM)
                .retry(RetryPolicies.none())
                .build();
        sensors = new Sensors(client, told::add);
        // What an earlier test left in hinted handoff queues is delivered, and the shard group of NOON is there.
        cluster.waitUntilSettled();
        assertEquals(Delivery.STORED, sensors.deliver(reading("open", 0)));
    }

    @AfterEach
    void close() {
        sensors.close();
        client.close();
    }

    private static PointBatch reading(String sensor, int second) {
        return Sensors.reading(sensor, 4.5, NOON.plusSeconds(second));
    }

    private long stored(String node) {
        return cluster.node(node).count("weather", "temperature");
    }

    /** Two of three owners are a quorum; the third one gets the reading once it is back. */
    @Test
    void aQuorumSurvivesADeadNode() {
        cluster.node("data3").kill();
        assertEquals(Delivery.STORED, sensors.deliver(reading("dead", 1)));
        cluster.node("data3").restart();
        cluster.waitUntilSettled();
        cluster.waitUntilInSync();
        assertEquals(stored("data1"), stored("data3"));
    }

    /** Nodes that hang are worse than dead ones: nobody knows what became of the write, so it is sent again. */
    @Test
    void pausedNodesLeaveAWriteUnknownUntilItIsSentAgain() {
        cluster.node("data2").pause();
        cluster.node("data3").pause();
        assertEquals(Delivery.KEPT, sensors.deliver(reading("paused", 1)));
        assertEquals(Duration.ofSeconds(5), sensors.pause());
        cluster.node("data2").resume();
        cluster.node("data3").resume();
        cluster.waitUntilSettled();
        assertEquals(Delivery.STORED, sensors.deliverKept());
        assertEquals(0, sensors.kept());
    }

    /** Without meta nodes this week's readings are stored; those of a week to come wait. */
    @Test
    void aMetaOutageStopsNewShardGroupsAlone() {
        cluster.metaDown();
        assertEquals(Delivery.STORED, sensors.deliver(reading("meta", 1)));
        // A node asks the meta nodes for ten seconds before it gives up; here it is told to say so at once.
        cluster.node("data1").reply(ReplyFault.ofClass(WriteClass.META_UNAVAILABLE).times(1));
        assertEquals(Delivery.KEPT, sensors.deliver(reading("meta", 14 * 24 * 3600)));
        assertTrue(told.get(0).startsWith("no meta quorum"), told::toString);
        cluster.heal();
        assertEquals(Delivery.STORED, sensors.deliverKept());
    }

    /** Any answer of any server can be had at will, by the class of the error. */
    @Test
    void everyClassOfErrorHasItsDecision() {
        Map<WriteClass, Delivery> decisions = new EnumMap<>(WriteClass.class);
        for (WriteClass writeClass : WriteClass.values()) {
            if (writeClass != WriteClass.OK && writeClass != WriteClass.UNREACHABLE) {
                cluster.node("data1").reply(ReplyFault.ofClass(writeClass).on("/write").times(1));
                decisions.put(writeClass, sensors.deliver(reading("class", 1)));
                sensors.goOn();
                // A refusal of some points is settled by sending the others again, which needs no canned answer.
                cluster.heal();
            }
        }
        cluster.node("data1").refuseHttp();
        decisions.put(WriteClass.UNREACHABLE, sensors.deliver(reading("class", 1)));

        Map<WriteClass, Delivery> expected = new EnumMap<>(WriteClass.class);
        expected.put(WriteClass.UNREACHABLE, Delivery.KEPT);
        expected.put(WriteClass.TIMEOUT, Delivery.KEPT);
        expected.put(WriteClass.BELOW_LEVEL, Delivery.ACCEPTED);
        expected.put(WriteClass.OVERLOADED, Delivery.KEPT);
        expected.put(WriteClass.NO_REPLICA, Delivery.KEPT);
        expected.put(WriteClass.META_UNAVAILABLE, Delivery.KEPT);
        expected.put(WriteClass.DEFERRED, Delivery.ACCEPTED);
        expected.put(WriteClass.AUTH, Delivery.HALTED);
        expected.put(WriteClass.NOT_FOUND, Delivery.HALTED);
        expected.put(WriteClass.REFUSED, Delivery.HALTED);
        expected.put(WriteClass.REJECTED, Delivery.REFUSED);
        expected.put(WriteClass.MALFORMED, Delivery.REFUSED);
        expected.put(WriteClass.TYPE_CONFLICT, Delivery.REFUSED);
        expected.put(WriteClass.OUTSIDE_RETENTION, Delivery.REFUSED);
        expected.put(WriteClass.LIMIT, Delivery.REFUSED);
        assertEquals(expected, decisions);
    }

    /** A field has one type: the reading that has another is named, and the others are stored. */
    @Test
    void aReadingOfAnotherTypeIsRefusedAlone() {
        PointBatch batch = PointBatch.create();
        batch.point("temperature").tag("sensor", "type").field("celsius", "warm").at(NOON);
        batch.point("humidity").tag("sensor", "type").field("percent", 80.0).at(NOON);
        assertEquals(Delivery.REFUSED, sensors.deliver(batch));
        assertTrue(told.toString().contains("celsius"), told::toString);
        assertEquals(1, cluster.node("data1").count("weather", "humidity"));
    }

    /** Nothing is sent while the set-up is wrong. */
    @Test
    void aMissingDatabaseHaltsTheServiceUntilItIsThere() {
        try (InfluxClient other = InfluxClient.builder(cluster.node("data1").url())
                        .database("soon")
                        .consistency(ConsistencyLevel.QUORUM)
                        .retry(RetryPolicies.none())
                        .build();
                Sensors waiting = new Sensors(other, told::add)) {
            assertEquals(Delivery.HALTED, waiting.deliver(reading("soon", 1)));
            assertEquals(Delivery.HALTED, waiting.deliver(reading("soon", 2)));
            assertEquals(List.of(true), told.stream().map(text -> text.startsWith("halted, create"))
                    .collect(Collectors.toList()));
            cluster.createDatabase("soon", 3);
            waiting.goOn();
            assertEquals(Delivery.STORED, waiting.deliverKept());
            assertEquals(0, waiting.kept());
        }
    }
}
