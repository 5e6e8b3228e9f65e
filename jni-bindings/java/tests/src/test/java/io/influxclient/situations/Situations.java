package io.influxclient.situations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.Advice;
import io.influxclient.Attempt;
import io.influxclient.BatchReport;
import io.influxclient.BatchWriter;
import io.influxclient.ConsistencyLevel;
import io.influxclient.ConsistencyNotMetException;
import io.influxclient.EndpointState;
import io.influxclient.FieldTypeConflictException;
import io.influxclient.HandoffState;
import io.influxclient.InfluxClient;
import io.influxclient.MetaUnavailableException;
import io.influxclient.NotFoundException;
import io.influxclient.Outcome;
import io.influxclient.PointBatch;
import io.influxclient.Query;
import io.influxclient.QueryChunk;
import io.influxclient.QueryException;
import io.influxclient.QueryStream;
import io.influxclient.ReplicaAnswer;
import io.influxclient.Resolution;
import io.influxclient.ResolveOptions;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicies;
import io.influxclient.UnreachableException;
import io.influxclient.Whereabouts;
import io.influxclient.WriteClass;
import io.influxclient.WriteException;
import io.influxclient.WriteOptions;
import io.influxclient.WriteResult;
import io.influxclient.WriteTimeoutException;
import io.influxclient.WriterClosed;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.TestCluster;
import io.influxclient.junit.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a program meets when a cluster is in trouble: each situation is an exception of its own, and what that claims of
 * the points is compared with what the nodes have. Every data node owns every shard.
 */
@Timeout(60)
abstract class Situations {

    static final long WEEK = 7 * 24 * 3600 * 1_000_000_000L;
    private static final WriteOptions ALL = WriteOptions.defaults().consistency(ConsistencyLevel.ALL);

    final TestCluster cluster;
    private final InfluxClient client;
    private final PointBatch batch = PointBatch.create();

    Situations(TestCluster cluster) {
        this.cluster = cluster;
        cluster.waitUntilSettled();
        // A single attempt, at the first node: what comes back is what that one said.
        client = InfluxClient.builder(cluster.urls().get(0))
                .database("app")
                .retry(RetryPolicies.none())
                .build();
        client.write(points("warm"), ALL);
    }

    @AfterEach
    void close() {
        client.close();
        batch.close();
    }

    private PointBatch points(String measurement) {
        batch.clear();
        for (int i = 1; i <= 5; i++) {
            batch.point(measurement).tag("host", "h" + i).field("f", i).at(i);
        }
        return batch;
    }

    private TestNode data(int number) {
        return cluster.dataNodes().get(number);
    }

    /** What the version's {@code partial write} is worth. */
    abstract Outcome belowLevel();

    @Test
    void everyPointIsAcknowledged() {
        WriteResult result = client.write(points("good"), ALL);
        assertEquals(5, result.points());
        assertEquals(ConsistencyLevel.ALL, result.level());
        for (TestNode node : cluster.dataNodes()) {
            assertEquals(5, node.count("app", "good"));
        }
        Resolution resolution =
                client.confirm(batch, result, ResolveOptions.defaults().database("app"));
        assertEquals(Optional.of(true), resolution.bearsOut());
        assertEquals(Optional.of(ConsistencyLevel.ALL), resolution.level());
        assertEquals(ReplicaAnswer.STORED, resolution.points().get(4).replicas().get(0));
        assertEquals(
                cluster.profile().version(),
                result.serverVersion()
                        .orElseThrow()
                        .substring(0, cluster.profile().version().length()));
    }

    /** One replica of three is away, and the level asks for all: a partial write. */
    @Test
    void aReplicaIsAway() {
        data(2).kill();
        ConsistencyNotMetException error =
                assertThrows(ConsistencyNotMetException.class, () -> client.write(points("partial"), ALL));
        assertEquals(WriteClass.BELOW_LEVEL, error.writeClass());
        assertEquals(belowLevel(), error.outcome());
        assertEquals(ConsistencyLevel.ALL, error.consistency());
        assertEquals(OptionalInt.of(500), error.status());
        assertEquals("partial write", error.serverMessage().orElseThrow());
        assertEquals(5, error.tally().total());
        assertEquals(belowLevel() == Outcome.UNKNOWN ? 5 : 0, error.tally().unknown());
        assertEquals(OptionalInt.empty(), error.acked());
        assertTrue(error.lineFailures().isEmpty());
        Resolution now = client.resolve(batch, error, ResolveOptions.defaults());
        assertEquals(5, now.counts().get(Whereabouts.SOMEWHERE), now.toString());
        assertEquals(2, now.points().get(0).copies());
        assertEquals(Optional.empty(), now.bearsOut());
        assertEquals(
                1,
                now.nodes().stream().filter(node -> node.trouble().isPresent()).count());
        assertEquals(
                5,
                client.write(points("quorum"), WriteOptions.defaults().consistency(ConsistencyLevel.QUORUM))
                        .points());
        data(2).startAgain();
        cluster.waitUntilSettled();
        assertEquals(5, data(2).count("app", "partial"), "handoff brings the rest");
        Resolution later = client.resolve(points("partial"), error, ResolveOptions.defaults());
        assertEquals(5, later.counts().get(Whereabouts.EVERYWHERE), later.toString());
        assertEquals(HandoffState.EMPTY, later.handoff());
    }

    /** A replica hangs: the coordinator's time runs out. */
    @Test
    void aReplicaHangs() {
        data(2).pause();
        WriteTimeoutException error =
                assertThrows(WriteTimeoutException.class, () -> client.write(points("late"), ALL));
        assertEquals(WriteClass.TIMEOUT, error.writeClass());
        assertEquals(Outcome.UNKNOWN, error.outcome());
        assertEquals(5, error.tally().unknown());
        assertEquals(OptionalInt.of(500), error.status());
        assertEquals("timeout", error.serverMessage().orElseThrow());
        assertEquals("ServerTimeout", error.kind());
        assertEquals(Advice.RESEND, error.advice());
        data(2).resume();
        // The coordinator answers before it queues the points, and a queue in use takes the writes that follow.
        cluster.waitUntilSettled();
        assertEquals(5, client.write(batch, ALL).points(), "sent again, as every point has a time");
        assertEquals(5, data(2).count("app", "late"));
    }

    /** The same for points without times, which nobody may send again. */
    @Test
    void pointsWithoutTimesAreNotSentAgain() {
        data(2).pause();
        batch.clear();
        batch.point("untimed").field("f", 1).serverTime();
        assertFalse(batch.isIdempotent());
        WriteTimeoutException error = assertThrows(
                WriteTimeoutException.class,
                () -> client.write(batch, ALL.retry(failed -> RetryDecision.sameEndpoint(Duration.ZERO))));
        assertEquals(1, error.attempts().size());
        assertEquals("doubt", error.stopReason().orElseThrow().id());
        assertEquals(Advice.STAMP_FIRST, error.advice());
    }

    /** Two of three meta nodes are gone, so that none leads, and the points need a new shard group. */
    @Test
    void theMetaNodesHaveNoLeader() {
        cluster.node("meta1").kill();
        cluster.node("meta3").kill();
        MetaUnavailableException error = withoutLeader();
        if (!error.serverMessage().orElseThrow().contains("503")) {
            // The leader was asked before it knew that it is none any more.
            error = withoutLeader();
        }
        assertEquals(
                "meta service returned 503 Service Unavailable",
                error.serverMessage().orElseThrow());
        assertEquals(OptionalInt.of(500), error.status());
        assertEquals(Advice.BACK_OFF_FOR_META, error.advice());
        assertEquals(5, client.write(points("known")).points(), "a shard group that exists needs no meta node");
        cluster.node("meta1").startAgain();
        cluster.node("meta1").waitUntilUp();
        assertEquals(
                1,
                client.write(newGroup(), WriteOptions.defaults().retry(RetryPolicies.backoff()))
                        .points());
    }

    private MetaUnavailableException withoutLeader() {
        MetaUnavailableException error = assertThrows(MetaUnavailableException.class, () -> client.write(newGroup()));
        assertEquals(WriteClass.META_UNAVAILABLE, error.writeClass());
        assertEquals(Outcome.NOT_STORED, error.outcome());
        assertEquals(1, error.tally().notStored());
        for (TestNode node : cluster.dataNodes()) {
            assertEquals(0, node.count("app", "meta"));
        }
        return error;
    }

    private PointBatch newGroup() {
        batch.clear();
        batch.point("meta").field("f", 1).at(500 * WEEK);
        return batch;
    }

    /** No meta node answers. */
    @Test
    void theMetaNodesAreAway() {
        cluster.metaDown();
        batch.clear();
        batch.point("meta2").field("f", 1).at(700 * WEEK);
        MetaUnavailableException error = assertThrows(MetaUnavailableException.class, () -> client.write(batch));
        assertEquals(Outcome.NOT_STORED, error.outcome());
        assertTrue(error.serverMessage().orElseThrow().contains("/execute"), error.getMessage());
    }

    /** One point conflicts with a field's type: it is named, and the others are stored. */
    @Test
    void aPointIsRefused() {
        // Where some replica does not have the type yet, it takes what the others refuse.
        client.write(points("typed"), ALL);
        batch.clear();
        batch.point("typed").tag("host", "h1").field("f", 1.5).at(100);
        batch.point("typed2").tag("host", "h1").field("f", 1.5).at(101);
        batch.point("typed2").tag("host", "h2").field("f", 2.5).at(102);
        FieldTypeConflictException error = assertThrows(FieldTypeConflictException.class, () -> client.write(batch));
        assertEquals(Outcome.PARTLY_STORED, error.outcome());
        assertEquals(1, error.tally().refused());
        assertEquals(2, error.tally().stored());
        assertEquals(OptionalInt.of(0), error.lineFailures().get(0).index());
        assertEquals(
                "typed,host=h1 f=1.5 100",
                error.lineFailures().get(0).line().orElseThrow().trim());
        assertEquals(2, data(0).count("app", "typed2"));
    }

    @Test
    void theDatabaseIsNotThere() {
        NotFoundException error = assertThrows(
                NotFoundException.class,
                () -> client.write(points("m"), WriteOptions.defaults().database("nowhere")));
        assertEquals(Outcome.NOT_STORED, error.outcome());
        assertEquals(Advice.CREATE, error.advice());
        assertEquals("nowhere", error.details().get("name"));
    }

    /** Every answer that a server of this version can give has its own exception. */
    @Test
    void everyClassIsItsOwnException() {
        List<String> seen = new ArrayList<>();
        for (WriteClass expected : WriteClass.values()) {
            try {
                data(0).reply(ReplyFault.ofClass(expected).on("/write").times(1));
            } catch (IllegalArgumentException e) {
                // Not something that a server answers, or not one of this version.
                continue;
            }
            WriteException error = assertThrows(
                    WriteException.class,
                    () -> client.write(
                            points("classes"), WriteOptions.defaults().extraRequests(0)));
            assertEquals(expected, error.writeClass());
            assertFalse(error.outcome() == Outcome.STORED);
            assertFalse(seen.contains(error.getClass().getName()));
            seen.add(error.getClass().getName());
            cluster.heal();
        }
        assertTrue(seen.size() >= 12, seen.toString());
    }

    @Test
    void anotherCoordinatorIsAskedWhenOneIsAway() {
        data(0).refuseHttp();
        UnreachableException error = assertThrows(UnreachableException.class, () -> client.write(points("moved")));
        assertEquals(Outcome.NOT_STORED, error.outcome());
        try (InfluxClient whole = cluster.clientBuilder().build()) {
            for (int i = 0; i < 8; i++) {
                WriteResult result = whole.write(batch);
                assertFalse(result.endpoint().orElseThrow().equals(data(0).url()));
                List<Attempt> attempts = result.attempts();
                assertEquals(WriteClass.OK, attempts.get(attempts.size() - 1).writeClass());
            }
            assertEquals(List.of(false, true, true), goodOnes(whole));
            assertEquals(3, whole.endpoints().size());
            assertEquals(EndpointState.UP, whole.endpoints().get(1).state());
            assertEquals(500, whole.retryTokens().orElseThrow());
        }
    }

    private static List<Boolean> goodOnes(InfluxClient client) {
        List<Boolean> good = new ArrayList<>();
        client.ping().forEach(pong -> good.add(pong.isGood()));
        return good;
    }

    @Test
    void theDefaultPolicyRidesOutATimeOut() throws Exception {
        data(0).reply(ReplyFault.ofClass(WriteClass.TIMEOUT).on("/write").times(2));
        try (InfluxClient patient =
                InfluxClient.builder(data(0).url()).database("app").build()) {
            CompletableFuture<WriteResult> future = patient.writeAsync(points("patient"));
            assertEquals(3, future.get(30, TimeUnit.SECONDS).attempts().size());
        }
        data(2).kill();
        WriteResult less = client.write(
                points("less"),
                ALL.retry(RetryPolicies.downgradeTo(ConsistencyLevel.QUORUM).after(RetryPolicies.none())));
        assertEquals(ConsistencyLevel.QUORUM, less.level());
        assertEquals(ConsistencyLevel.ALL, less.asked());
    }

    @Test
    void aWriterInTheBackgroundTellsWhatBecameOfEachBatch() {
        List<BatchReport> reports = Collections.synchronizedList(new ArrayList<>());
        BatchWriter writer = client.batchWriter()
                .maxPoints(5)
                .consistency(ConsistencyLevel.ALL)
                .listener(reports::add)
                .deadline(Duration.ofSeconds(10))
                .start();
        writer.push(points("background"));
        writer.flush();
        data(2).kill();
        writer.push(points("background2"));
        WriterClosed closed = writer.close(Duration.ofSeconds(20));
        assertEquals(5, closed.acknowledged());
        assertEquals(5, closed.unknown());
        assertFalse(closed.isComplete());
        assertEquals(
                List.of(true, false),
                List.of(
                        reports.get(0).delivery().isAcknowledged(),
                        reports.get(1).delivery().isAcknowledged()));
        assertEquals(belowLevel(), reports.get(1).delivery().outcome());
        assertTrue(reports.get(1).failed().isPresent());
    }

    @Test
    void whatWasWrittenIsReadAgain() {
        batch.clear();
        for (int i = 0; i < 300; i++) {
            batch.point("rows")
                    .tag("host", "h" + i % 3)
                    .field("i", (long) i)
                    .field("f", i + 0.5)
                    .field("s", "ä\"" + i)
                    .field("b", i % 2 == 0)
                    .at(1_600_000_000_000_000_001L + i);
        }
        client.write(batch, ALL);
        var rows = client.query("SELECT * FROM rows").rows();
        assertEquals(300, rows.size());
        assertEquals(1, rows.get(0).time().getNano());
        assertEquals(299, rows.get(299).getLong("i"));
        assertEquals(299.5, rows.get(299).getDouble("f"));
        assertEquals("ä\"299", rows.get(299).getString("s"));
        assertFalse(rows.get(299).getBoolean("b"));
        assertEquals("h2", rows.get(299).getString("host"));
        var grouped = client.query("SELECT count(i) FROM rows GROUP BY host").series();
        assertEquals(3, grouped.size());
        assertEquals(100, grouped.get(0).rows().get(0).getLong("count"));
        long streamed = 0;
        try (QueryStream stream = client.stream(Query.of("SELECT i FROM rows").chunked(50))) {
            while (stream.hasNext()) {
                QueryChunk chunk = stream.next();
                streamed += chunk.series().get(0).rows().size();
            }
        }
        assertEquals(300, streamed);
        QueryException error = assertThrows(
                QueryException.class, () -> client.query(Query.of("SELECT 1x").database("app")));
        assertEquals(WriteClass.REFUSED, error.errorClass());
    }
}
