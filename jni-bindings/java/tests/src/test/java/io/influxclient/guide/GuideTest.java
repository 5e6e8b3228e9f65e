package io.influxclient.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.ConsistencyLevel;
import io.influxclient.ConsistencyNotMetException;
import io.influxclient.FieldTypeConflictException;
import io.influxclient.HintedHandoffDeferredException;
import io.influxclient.InfluxClient;
import io.influxclient.LineFailure;
import io.influxclient.LineProtocol;
import io.influxclient.NoReplicaException;
import io.influxclient.Outcome;
import io.influxclient.PointBatch;
import io.influxclient.Query;
import io.influxclient.QueryChunk;
import io.influxclient.QueryStream;
import io.influxclient.Resolution;
import io.influxclient.ResolveOptions;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicy;
import io.influxclient.Row;
import io.influxclient.Whereabouts;
import io.influxclient.WriteException;
import io.influxclient.WriteOptions;
import io.influxclient.WriteResult;
import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.Scope;
import io.influxclient.junit.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The examples of docs/java.md: each stands here, too, where it is compiled and run. */
@InfluxCluster(database = "app", scope = Scope.METHOD)
class GuideTest {

    private final Queue<String> log = new ConcurrentLinkedQueue<>();

    @Test
    void firstWrite(TestCluster cluster) {
        String[] urls = cluster.urls().toArray(new String[0]);
        try (InfluxClient client = InfluxClient.builder(urls)
                        .database("app")
                        .consistency(ConsistencyLevel.QUORUM)
                        .deadline(Duration.ofSeconds(30))
                        .build();
                PointBatch batch = PointBatch.create()) {
            batch.point("cpu").tag("host", "a").field("usage", 1.5).now();
            WriteResult result = client.write(batch);
            log.add(result.points() + " points stored at level " + result.level());
        }
        assertEquals(List.of("1 points stored at level QUORUM"), List.copyOf(log));
    }

    @Test
    void decidingByTheException(TestCluster cluster, InfluxClient client) {
        cluster.node("data1").reply(ReplyFault.ofClass("below-level"));
        cluster.node("data2").reply(ReplyFault.ofClass("below-level"));
        cluster.node("data3").reply(ReplyFault.ofClass("below-level"));
        try (PointBatch batch = PointBatch.create()) {
            batch.point("cpu").tag("host", "a").field("usage", 1.5).at(1);
            write(client, batch);
        }
        assertEquals("on some replica, fewer than the level asks; the cluster brings the rest", log.poll());
    }

    @Test
    void refusedLines(TestCluster cluster, InfluxClient client) {
        try (PointBatch batch = PointBatch.create()) {
            batch.point("cpu").field("usage", 1.5).at(1);
            // On every replica: one that does not have the field yet takes any type.
            client.write(batch, WriteOptions.defaults().consistency(ConsistencyLevel.ALL));
            batch.clear();
            batch.point("cpu").field("usage", 2).at(2);
            batch.point("mem").field("free", 2).at(2);
            write(client, batch);
        }
        assertTrue(log.poll().startsWith("never stored: "), log::toString);
        cluster.waitUntilInSync();
        assertFalse(client.query("SELECT free FROM mem").rows().isEmpty());
    }

    private void write(InfluxClient client, PointBatch batch) {
        try {
            client.write(batch);
        } catch (HintedHandoffDeferredException e) {
            log.add("queued in the cluster, which delivers it: do not send it again");
        } catch (ConsistencyNotMetException e) {
            log.add("on some replica, fewer than the level asks; the cluster brings the rest");
        } catch (WriteException e) {
            for (LineFailure failure : e.lineFailures()) {
                log.add("never stored: " + failure.line().orElse("a point that the server does not name") + ": "
                        + failure.text());
            }
            if (e.outcome() == Outcome.NOT_STORED) {
                log.add("stored nowhere: " + e.advice().id());
            } else if (e.outcome() == Outcome.UNKNOWN && batch.isIdempotent()) {
                log.add("perhaps stored; sending it again is harmless");
            }
        }
    }

    @Test
    void withoutWaiting(TestCluster cluster, InfluxClient client) {
        try (PointBatch batch = PointBatch.create()) {
            batch.point("cpu").field("usage", 1.5).now();
            CompletableFuture<WriteResult> write = client.writeAsync(
                    batch,
                    WriteOptions.defaults().consistency(ConsistencyLevel.ALL).deadline(Duration.ofSeconds(5)));
            write.thenAccept(result -> log.add("stored in " + result.attempts().size() + " attempt"));
            write.join();
        }
        client.write(LineProtocol.of("mem,host=a free=12i 1700000000000000000\n"));
        // At level one, the node that is asked may get the point a moment later.
        cluster.waitUntilInSync();
        assertEquals(1, client.query("SELECT free FROM mem").rows().size());
    }

    @Test
    void policyInJava(TestCluster cluster) {
        RetryPolicy onceEach = failed -> failed.attempts() < failed.endpoints() && failed.known() == Outcome.NOT_STORED
                ? RetryDecision.nextEndpoint(Duration.ZERO)
                : RetryDecision.giveUp();
        try (InfluxClient client = cluster.clientBuilder().retry(onceEach).build();
                PointBatch batch = PointBatch.create()) {
            cluster.dataNodes().forEach(node -> node.refuseHttp());
            batch.point("cpu").field("usage", 1.5).at(1);
            WriteException e = assertThrows(WriteException.class, () -> client.write(batch));
            assertEquals(3, e.attempts().size());
        }
    }

    @Test
    void inTheBackground(TestCluster cluster, InfluxClient client) {
        try (BatchWriter writer = client.batchWriter()
                        .maxPoints(5_000)
                        .linger(Duration.ofMillis(100))
                        .listener(report -> log.add(report.points() + " points: " + report.delivery()))
                        .start();
                PointBatch batch = PointBatch.create()) {
            for (int i = 0; i < 1_000; i++) {
                batch.clear();
                batch.point("cpu")
                        .tag("host", "h" + i % 10)
                        .field("usage", i * 0.5)
                        .at(i);
                writer.push(batch);
            }
            writer.flush();
        }
        cluster.waitUntilInSync();
        Row counted = client.query("SELECT count(usage) FROM cpu").rows().get(0);
        assertEquals(1_000, counted.getLong("count"));
        assertFalse(log.isEmpty());
    }

    @Test
    void asking(TestCluster cluster, InfluxClient client) {
        client.write(LineProtocol.of("cpu,host=a usage=1.5 1\ncpu,host=a usage=2.5 2\n"));
        cluster.waitUntilInSync();
        Query query = Query.of("SELECT usage FROM cpu WHERE host = $host").bind("host", "a");
        for (Row row : client.query(query).rows()) {
            log.add(row.time() + " " + row.getDouble("usage"));
        }
        try (QueryStream chunks = client.stream(query.chunked(10_000))) {
            while (chunks.hasNext()) {
                QueryChunk chunk = chunks.next();
                chunk.series().forEach(series -> log.add(series.rows().size() + " rows at a time"));
            }
        }
        assertEquals(3, log.size(), log::toString);
    }

    @Test
    void readingBack(TestCluster cluster) {
        try (InfluxClient client = cluster.clientBuilder()
                        .consistency(ConsistencyLevel.ALL)
                        .build();
                PointBatch batch = PointBatch.create()) {
            batch.point("cpu").field("usage", 1.5).now();
            Resolution found = client.confirm(batch, client.write(batch), ResolveOptions.defaults());
            log.add(found.counts().get(Whereabouts.EVERYWHERE) + " points on every replica");
        }
        assertEquals("1 points on every replica", log.poll());
    }

    @Test
    void theExceptionsOfTheGuideAreThere(TestCluster cluster, InfluxClient client) {
        client.write(
                LineProtocol.of("cpu usage=0.5 1\n"), WriteOptions.defaults().consistency(ConsistencyLevel.ALL));
        // Two that the guide's table names and no example above meets.
        cluster.node("data2").kill();
        cluster.node("data3").kill();
        try (PointBatch batch = PointBatch.create()) {
            batch.point("cpu").field("usage", 1.5).at(1);
            WriteException missed = assertThrows(
                    WriteException.class,
                    () -> client.write(
                            batch,
                            WriteOptions.defaults()
                                    .consistency(ConsistencyLevel.ALL)
                                    .deadline(Duration.ofSeconds(4))));
            assertTrue(
                    missed instanceof ConsistencyNotMetException || missed instanceof NoReplicaException,
                    missed::toString);
            batch.clear();
            batch.point("cpu").field("usage", "text").at(2);
            assertThrows(
                    FieldTypeConflictException.class,
                    () -> client.write(batch, WriteOptions.defaults().consistency(ConsistencyLevel.ONE)));
        }
    }

    /** Compiled alone: nobody listens there. */
    static void exampleOfTheReadme() {
        try (InfluxClient client = InfluxClient.builder("http://127.0.0.1:8086")
                        .database("weather")
                        .build();
                PointBatch batch = PointBatch.create()) {
            batch.point("weather")
                    .tag("location", "Seattle")
                    .field("temp_max", 5.6)
                    .now();
            client.write(batch, WriteOptions.defaults().consistency(ConsistencyLevel.QUORUM));
        } catch (HintedHandoffDeferredException e) {
            // Queued in the cluster, which delivers it: not to be sent again.
        } catch (WriteException e) {
            System.err.println(e.writeClass() + ": " + e.outcome() + "; " + e.advice());
        }
    }

    @Test
    void everyExampleOfTheGuideIsInThisFile() throws IOException {
        String here = words(Files.readString(Path.of("src/test/java/io/influxclient/guide/GuideTest.java")));
        Path root = Path.of("../../..");
        Matcher example = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(root.resolve("docs/java.md")) + Files.readString(root.resolve("README.md")));
        int examples = 0;
        while (example.find()) {
            examples++;
            assertTrue(here.contains(words(example.group(1))), example.group(1));
        }
        assertTrue(examples >= 8, examples + " examples");
    }

    private static String words(String code) {
        // The formatter breaks lines as it likes.
        return code.replaceAll("\\s+", "");
    }
}
