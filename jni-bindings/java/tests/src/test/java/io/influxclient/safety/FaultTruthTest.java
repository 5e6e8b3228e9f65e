package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.ConsistencyLevel;
import io.influxclient.InfluxClient;
import io.influxclient.Overflow;
import io.influxclient.PointBatch;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicies;
import io.influxclient.RetryPolicy;
import io.influxclient.UnsettledPointsException;
import io.influxclient.WriteClass;
import io.influxclient.WriteOptions;
import io.influxclient.WriteResult;
import io.influxclient.junit.ClusterException;
import io.influxclient.junit.Disk;
import io.influxclient.junit.LinkFault;
import io.influxclient.junit.NodeState;
import io.influxclient.junit.ReplyCut;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.TestCluster;
import io.influxclient.junit.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Several threads write while faults come and go; then each claim that the client made is held against what the replicas have.
 *
 * <p>{@code -Dinflux.seed} repeats a run, as far as threads can be repeated; {@code -Dinflux.truth.seconds} prolongs it.
 */
class FaultTruthTest {

    private static final long SEED = Long.getLong("influx.seed", System.nanoTime());
    private static final int SECONDS =
            Integer.getInteger("influx.truth.seconds", Boolean.getBoolean("influx.long") ? 600 : 20);
    private static final String DATABASE = "app";
    private static final int COPIES = 3;
    /** Has one point, with a field that is an integer. */
    private static final String TYPED = "typed";
    /** All points lie in one shard group, that of this time. */
    private static final long TIME = 1_500_000_000_000_000_000L;

    private final Queue<Claim> claims = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final List<Thread> interruptible = new ArrayList<>();
    private volatile boolean over;

    @Test
    void noClaimAboutDataIsFalse() throws Exception {
        try (TestCluster cluster = TestCluster.builder()
                        .meta(3)
                        .data(COPIES)
                        .set("write-timeout", "300ms")
                        .set("dial-timeout", "200ms")
                        .set("hh-retry-interval", "50ms")
                        .set("hh-retry-max-interval", "100ms")
                        .database(DATABASE)
                        .start();
                InfluxClient client = cluster.clientBuilder()
                        .attemptTimeout(Duration.ofMillis(700))
                        .connectTimeout(Duration.ofMillis(300))
                        .deadline(Duration.ofSeconds(2))
                        .build();
                PointBatch first = points(TYPED, 1)) {
            client.write(
                    first,
                    WriteOptions.defaults().consistency(ConsistencyLevel.ALL).deadline(Duration.ofSeconds(20)));
            List<Thread> threads = new ArrayList<>();
            Random seeds = new Random(SEED);
            for (int i = 0; i < 2; i++) {
                Thread sync = thread(seeds.nextLong(), 40, random -> writeSync(client, random));
                interruptible.add(sync);
                threads.add(sync);
            }
            threads.add(thread(seeds.nextLong(), 150, random -> writeAsync(client, random)));
            threads.add(thread(seeds.nextLong(), 400, random -> writeInBackground(client, random)));
            threads.add(thread(seeds.nextLong(), 150, random -> interrupt(random)));
            threads.forEach(Thread::start);
            Random faults = new Random(seeds.nextLong());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            List<String> told = new ArrayList<>();
            while (System.nanoTime() < end && failures.isEmpty()) {
                told.add(fault(cluster, faults));
                pause(faults, 400);
                cluster.restore();
                pause(faults, 100);
            }
            over = true;
            for (Thread thread : threads) {
                thread.join(TimeUnit.SECONDS.toMillis(30));
                assertTrue(!thread.isAlive(), () -> "hangs: " + List.of(thread.getStackTrace()));
            }
            cluster.restore();
            cluster.waitUntilSettled();
            for (Throwable failure : failures) {
                throw new AssertionError("seed " + SEED + ", faults " + told, failure);
            }
            check(cluster, told);
        }
    }

    private void check(TestCluster cluster, List<String> faults) {
        List<String> wrong = new ArrayList<>();
        int firm = 0;
        int denials = 0;
        List<TestNode> nodes = cluster.dataNodes();
        nodes.forEach(node -> assertEquals(1, node.count(DATABASE, TYPED), "what was refused is nowhere"));
        for (Claim claim : claims) {
            long[] stored = nodes.stream()
                    .mapToLong(node -> node.count(DATABASE, claim.measurement))
                    .toArray();
            String refutation = claim.refutedBy(stored);
            if (refutation != null) {
                wrong.add(claim.measurement + " of " + claim.points + " points: " + refutation + ", the nodes have "
                        + java.util.Arrays.toString(stored) + ", and it was said: " + claim.text);
            }
            firm += claim.isFirm() ? 1 : 0;
            denials += claim.isDenial() ? 1 : 0;
        }
        String summary = "seed " + SEED + ": " + claims.size() + " writes, " + firm + " claims, " + denials
                + " denials, " + faults.size() + " faults";
        System.out.println(summary);
        assertEquals(List.of(), wrong, () -> summary + " " + faults);
        // Otherwise nothing was shown.
        assertTrue(firm > 20 && firm > denials && denials > 0 && firm < claims.size(), summary);
    }

    private interface Work {
        void step(Random random) throws Exception;
    }

    private Thread thread(long seed, int mostMillis, Work work) {
        Random random = new Random(seed);
        return new Thread(() -> {
            try {
                while (!over) {
                    work.step(random);
                    // Faults are what this is about, and each write costs a look at every replica.
                    pause(random, mostMillis);
                }
            } catch (Throwable e) {
                failures.add(e);
            }
        });
    }

    /** Waits a little: how long is part of the plan. */
    private static void pause(Random random, int mostMillis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(mostMillis)));
    }

    private static PointBatch points(String measurement, int count) {
        PointBatch batch = PointBatch.create();
        for (int i = 0; i < count; i++) {
            batch.point(measurement).tag("t", "a").field("v", (long) i).at(TIME + i);
        }
        return batch;
    }

    private static WriteOptions options(Random random) {
        ConsistencyLevel[] levels = ConsistencyLevel.values();
        return WriteOptions.defaults()
                .consistency(levels[random.nextInt(levels.length)])
                .retry(policy(random));
    }

    private static RetryPolicy policy(Random random) {
        switch (random.nextInt(4)) {
            case 0:
                return RetryPolicies.none();
            case 1:
                return RetryPolicies.backoff().base(Duration.ofMillis(20)).cap(Duration.ofMillis(100));
            case 2:
                return RetryPolicies.downgradeTo(ConsistencyLevel.ONE);
            default:
                return failed -> failed.attempts() > 2 || !failed.mayResend()
                        ? RetryDecision.giveUp()
                        : RetryDecision.nextEndpoint(Duration.ofMillis(30));
        }
    }

    private String measurement() {
        return "w" + numbers.incrementAndGet();
    }

    private void writeSync(InfluxClient client, Random random) {
        String measurement = measurement();
        int count = 1 + random.nextInt(5);
        try (PointBatch batch = points(measurement, count)) {
            if (random.nextInt(4) == 0) {
                claims.add(writeWithConflict(client, measurement, batch, random));
                return;
            }
            claims.add(Claim.of(measurement, count, client.write(batch, options(random)), COPIES));
        } catch (RuntimeException e) {
            claims.add(Claim.of(measurement, count, e));
        } finally {
            Thread.interrupted();
        }
    }

    /** With one point more, which has to be refused wherever it arrives. */
    private static Claim writeWithConflict(InfluxClient client, String measurement, PointBatch batch, Random random) {
        int count = batch.points();
        batch.point(TYPED).tag("t", "b").field("v", "text").at(TIME + random.nextInt(1_000_000));
        WriteResult result = client.write(batch, options(random));
        // At level any a hint is enough, which a server takes unseen; it is refused when it is delivered.
        assertEquals(ConsistencyLevel.ANY, result.level(), () -> "a point of another type was acknowledged: " + result);
        return Claim.none(measurement, count, result.toString());
    }

    private void interrupt(Random random) {
        interruptible.get(random.nextInt(interruptible.size())).interrupt();
    }

    private void writeAsync(InfluxClient client, Random random) throws Exception {
        List<CompletableFuture<WriteResult>> writes = new ArrayList<>();
        List<String> measurements = new ArrayList<>();
        int count = 1 + random.nextInt(5);
        for (int i = 0; i < 4; i++) {
            String measurement = measurement();
            measurements.add(measurement);
            PointBatch batch = points(measurement, count);
            writes.add(client.writeAsync(batch, options(random)));
            batch.close();
        }
        if (random.nextInt(3) == 0) {
            pause(random, 10);
            writes.get(0).cancel(true);
        }
        for (int i = 0; i < writes.size(); i++) {
            claim(measurements.get(i), count, writes.get(i));
        }
    }

    private void claim(String measurement, int count, CompletableFuture<WriteResult> write) throws Exception {
        try {
            claims.add(Claim.of(measurement, count, write.get(30, TimeUnit.SECONDS), COPIES));
        } catch (ExecutionException | CompletionException e) {
            claims.add(Claim.of(measurement, count, e.getCause()));
        } catch (java.util.concurrent.CancellationException e) {
            claims.add(Claim.of(measurement, count, e));
        }
    }

    /** A writer of its own each time, closed in each of the ways there are. */
    private void writeInBackground(InfluxClient client, Random random) throws Exception {
        ConsistencyLevel[] levels = ConsistencyLevel.values();
        Overflow[] rules = Overflow.values();
        BatchWriter writer = client.batchWriter()
                .consistency(levels[random.nextInt(levels.length)])
                .linger(Duration.ofMillis(random.nextInt(20)))
                .maxPoints(1 + random.nextInt(10))
                .memory(random.nextBoolean() ? 5_000 : 1_000_000)
                .overflow(rules[random.nextInt(rules.length)])
                .deadline(Duration.ofMillis(500 + random.nextInt(1_000)))
                .listener(report -> {})
                .start();
        List<CompletableFuture<WriteResult>> pushes = new ArrayList<>();
        List<String> measurements = new ArrayList<>();
        // More may go in several batches, of which less is told: what is known of all of them together.
        int count = 1;
        for (int i = 0; i < 12; i++) {
            String measurement = measurement();
            try (PointBatch batch = points(measurement, count)) {
                pushes.add(writer.pushTracked(batch));
                measurements.add(measurement);
            } catch (io.influxclient.PushException e) {
                claims.add(Claim.of(measurement, count, e));
            }
        }
        try {
            if (random.nextBoolean()) {
                writer.close();
            } else {
                writer.close(Duration.ofMillis(random.nextInt(300)));
            }
        } catch (UnsettledPointsException e) {
            assertTrue(e.closed().isPresent());
        }
        for (int i = 0; i < pushes.size(); i++) {
            claim(measurements.get(i), count, pushes.get(i));
        }
    }

    /** Brings about one fault, sometimes two. */
    private static String fault(TestCluster cluster, Random random) {
        List<TestNode> nodes = cluster.dataNodes();
        TestNode node = nodes.get(random.nextInt(nodes.size()));
        TestNode other = nodes.get(random.nextInt(nodes.size()));
        int kind = random.nextInt(15);
        try {
            switch (kind) {
                case 0:
                    node.kill();
                    break;
                case 1:
                    node.pause();
                    break;
                case 2:
                    node.isolate();
                    break;
                case 3:
                    if (node.id() != other.id()) {
                        cluster.linkOneWay(node.name(), other.name(), LinkFault.cut());
                    }
                    break;
                case 4:
                    cluster.link(node.name(), "all", LinkFault.drop(0.3).and(LinkFault.delay(Duration.ofMillis(50))));
                    break;
                case 5:
                    node.fillDisk(Disk.SHARDS);
                    break;
                case 6:
                    node.slowDisk(Disk.SHARDS, Duration.ofMillis(400));
                    break;
                case 7:
                    node.reply(ReplyFault.real().cut(ReplyCut.BEFORE_HEAD).on("/write"));
                    break;
                case 8:
                    node.reply(
                            ReplyFault.real().cut(ReplyCut.NEVER).on("/write").share(0.5, random.nextInt(1000)));
                    break;
                case 9:
                    node.refuseHttp();
                    break;
                case 10:
                    cluster.metaDown();
                    break;
                case 11:
                    node.fillHandoff();
                    other.kill();
                    break;
                case 12:
                    node.kill();
                    other.pause();
                    break;
                case 13:
                    // The points were handled, and the answer says something else that may be.
                    node.reply(ReplyFault.ofClass(WriteClass.TIMEOUT)
                            .afterHandling()
                            .on("/write"));
                    break;
                default:
                    nodes.forEach(TestNode::refuseHttp);
            }
        } catch (ClusterException | IllegalArgumentException e) {
            // Two faults that exclude each other.
            return kind + " not at all";
        }
        return kind + " " + node.name() + "/" + other.name() + (node.state() == NodeState.DEAD ? " dead" : "");
    }
}
