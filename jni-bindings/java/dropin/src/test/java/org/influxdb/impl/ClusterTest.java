package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.MetaUnavailableException;
import io.influxclient.NoReplicaException;
import io.influxclient.Outcome;
import io.influxclient.WriteClass;
import io.influxclient.WriteException;
import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.Profile;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.TestCluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.BoundParameterQuery;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client and the bundled cluster, in both of its profiles. */
class ClusterTest {

    private static final long LIMIT_SECONDS = 30;

    @Nested
    @InfluxCluster(profile = Profile.V1_8, database = "metrics", settings = "write-timeout=5s")
    class Version18 extends Tests {

        Version18(TestCluster cluster) {
            super(cluster);
        }

        @Test
        void bindsParameters() {
            client.write(point("bound", "a", 1, 7));
            client.write(point("bound", "b'\"", 2, 8));
            Query query = BoundParameterQuery.QueryBuilder.newQuery("SELECT v FROM bound WHERE h = $h")
                    .forDatabase("metrics")
                    .bind("h", "b'\"")
                    .create();
            assertEquals(List.of(8.0), values(client.query(query)));
            Query posted = new Query("SELECT v FROM bound WHERE h = $h", "metrics", true).bindParameter("h", "a");
            assertEquals(List.of(7.0), values(client.query(posted)));
        }

        @Test
        @SuppressWarnings("deprecation")
        void methodsForDatabasesAndPolicies() {
            client.createDatabase("other");
            assertTrue(client.databaseExists("other"));
            assertTrue(client.describeDatabases().containsAll(List.of("metrics", "other")));
            client.createRetentionPolicy("short", "other", "30d", "1d", 1, true);
            client.write("other", "short", point("m", "a", System.currentTimeMillis() / 1000 - 1_500_000_000, 1));
            assertEquals(List.of(1.0), values(client.query(new Query("SELECT v FROM m", "other"))));
            client.dropRetentionPolicy("short", "other");
            client.deleteDatabase("other");
            assertFalse(client.databaseExists("other"));
        }

        @Test
        void onlyTheRefusedPointIsHandedOver() {
            client.setConsistency(ConsistencyLevel.ALL).write(point("typed", "a", 0, 1.5));
            List<String> told = Collections.synchronizedList(new ArrayList<>());
            client.enableBatch(BatchOptions.DEFAULTS.exceptionHandler((points, failure) -> {
                points.forEach(point ->
                        told.add(point.lineProtocol() + " " + failure.getClass().getSimpleName()));
            }));
            client.write(point("typed", "a", 1, 2));
            client.write(Point.measurement("typed")
                    .tag("h", "a")
                    .addField("v", "text")
                    .time(1_500_000_002, TimeUnit.SECONDS)
                    .build());
            client.write(point("typed", "a", 3, 3));
            client.flush();
            assertEquals(List.of("typed,h=a v=\"text\" 1500000002000000000 FieldTypeConflictException"), told);
            assertEquals(List.of(1.5, 2.0, 3.0), select("typed"));
        }
    }

    @Nested
    @InfluxCluster(profile = Profile.V0_10, database = "metrics", settings = "write-timeout=5s")
    class Version010 extends Tests {

        Version010(TestCluster cluster) {
            super(cluster);
            // Its databases call their policy otherwise.
            client.setRetentionPolicy(null);
        }
    }

    private static Point point(String measurement, String tag, long seconds, double value) {
        return Point.measurement(measurement)
                .tag("h", tag)
                .addField("v", value)
                .time(1_500_000_000 + seconds, TimeUnit.SECONDS)
                .build();
    }

    /** The second column of every row. */
    private static List<Object> values(QueryResult result) {
        List<Object> values = new ArrayList<>();
        assertFalse(result.hasError(), result.toString());
        for (QueryResult.Result statement : result.getResults()) {
            assertFalse(statement.hasError(), statement.toString());
            if (statement.getSeries() != null) {
                for (QueryResult.Series series : statement.getSeries()) {
                    series.getValues().forEach(row -> values.add(row.get(1)));
                }
            }
        }
        return values;
    }

    /** What holds in every profile. */
    abstract static class Tests {

        final TestCluster cluster;
        final InfluxDB client;

        Tests(TestCluster cluster) {
            this.cluster = cluster;
            // Servers try for 10 s to reach their meta nodes, as long as OkHttp waits for them unless told otherwise.
            OkHttpClient.Builder settings = new OkHttpClient.Builder().readTimeout(30, TimeUnit.SECONDS);
            this.client = InfluxDBFactory.connect(cluster.dataNodes().get(0).url(), settings);
            client.setDatabase("metrics");
        }

        @AfterEach
        void close() {
            client.close();
            cluster.restore();
            cluster.waitUntilSettled();
        }

        final List<Object> select(String measurement) {
            return values(client.query(new Query("SELECT v FROM " + measurement, "metrics")));
        }

        @Test
        void writesAndAsks() {
            assertTrue(client.ping().isGood());
            assertTrue(client.version().contains(cluster.profile().version()), client.version());
            client.setConsistency(ConsistencyLevel.ALL).write(point("basic", "a b", 1, 1.5));
            client.write("basic,h=x v=2 1500000002000000000");
            client.write(List.of("basic,h=x v=3 1500000003000000000", "basic,h=y v=4 1500000004000000000"));
            client.enableGzip()
                    .write(BatchPoints.builder()
                            .tag("region", "eu")
                            .points(point("basic", "z", 5, 5), point("basic", "z", 6, 6))
                            .consistency(ConsistencyLevel.QUORUM)
                            .precision(TimeUnit.SECONDS)
                            .build());
            assertEquals(List.of(1.5, 2.0, 3.0, 4.0, 5.0, 6.0), select("basic"));
            QueryResult times = client.query(new Query("SELECT v FROM basic", "metrics"), TimeUnit.SECONDS);
            assertEquals(
                    1.500000001E9,
                    times.getResults()
                            .get(0)
                            .getSeries()
                            .get(0)
                            .getValues()
                            .get(0)
                            .get(0));
        }

        @Test
        void asksInTheBackgroundAndInChunks() throws InterruptedException {
            for (int i = 0; i < 25; i++) {
                client.write(point("many", "a", i, i));
            }
            BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
            client.query(new Query("SELECT v FROM many", "metrics"), heard::add, heard::add);
            QueryResult whole = (QueryResult) heard.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertEquals(25, values(whole).size());
            client.query(
                    new Query("SELECT v FROM many", "metrics"),
                    10,
                    (running, chunk) -> heard.add(
                            chunk.hasError() ? chunk.getError() : values(chunk).size()),
                    () -> heard.add("complete"),
                    heard::add);
            List<Object> chunks = new ArrayList<>();
            Object last = null;
            while (!"complete".equals(last)) {
                last = heard.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
                assertTrue(last != null, "nothing after " + chunks);
                chunks.add(last);
            }
            assertEquals(List.of(10, 10, 5, "DONE", "complete"), chunks);
        }

        @Test
        void batchesAreSentInTheBackground() {
            client.enableBatch(
                    BatchOptions.DEFAULTS.actions(50).flushDuration(20).consistency(ConsistencyLevel.ALL));
            for (int i = 0; i < 333; i++) {
                client.write(point("batched", "a", i, i));
            }
            client.disableBatch();
            assertEquals(333, select("batched").size());
        }

        @Test
        void aMissingDatabaseIsToldAsSuch() {
            InfluxDBException failure = assertThrows(
                    InfluxDBException.DatabaseNotFoundException.class,
                    () -> client.write("nowhere", null, point("m", "a", 1, 1)));
            assertFalse(failure.isRetryWorth());
            assertEquals(Outcome.NOT_STORED, ((WriteException) failure.getCause()).outcome());
        }

        @Test
        void replicasThatAreDownAreNotReached() {
            client.write(point("down", "a", 1, 1));
            cluster.dataNodes().get(1).kill();
            cluster.dataNodes().get(2).kill();
            InfluxDBException failure =
                    assertThrows(InfluxDBException.class, () -> client.setConsistency(ConsistencyLevel.ALL)
                            .write(point("down", "a", 2, 2)));
            assertTrue(failure.isRetryWorth());
            WriteException typed = (WriteException) failure.getCause();
            assertEquals(io.influxclient.ConsistencyLevel.ALL, typed.consistency());
            assertTrue(
                    typed.writeClass() == WriteClass.BELOW_LEVEL
                            || typed.writeClass() == WriteClass.TIMEOUT
                            || typed instanceof NoReplicaException,
                    typed.toString());
            client.write("metrics", null, ConsistencyLevel.ONE, "down,h=a v=3 1500000003000000000");
            assertTrue(select("down").contains(3.0));
        }

        @Test
        void withoutMetaNodesThereIsNoNewShardGroup() {
            client.write(point("meta", "a", 1, 1));
            cluster.metaDown();
            InfluxDBException failure = assertThrows(
                    InfluxDBException.class, () -> client.write(point("meta", "a", TimeUnit.DAYS.toSeconds(365), 2)));
            assertTrue(failure.isRetryWorth());
            assertInstanceOf(MetaUnavailableException.class, failure.getCause());
            assertEquals(Outcome.NOT_STORED, ((WriteException) failure.getCause()).outcome());
        }

        @ParameterizedTest
        @EnumSource(
                value = WriteClass.class,
                mode = EnumSource.Mode.EXCLUDE,
                names = {"OK", "UNREACHABLE"})
        void bothWaysToSendReadEveryClassAlike(WriteClass writeClass) {
            OkHttpClient.Builder intercepting =
                    new OkHttpClient.Builder().addInterceptor(chain -> chain.proceed(chain.request()));
            String url = cluster.dataNodes().get(0).url();
            cluster.dataNodes().get(0).reply(ReplyFault.ofClass(writeClass));
            try (InfluxDB other = InfluxDBFactory.connect(url, intercepting)) {
                String line = "classes v=1 1500000000000000000";
                InfluxDBException one = assertThrows(
                        InfluxDBException.class, () -> client.write("metrics", null, ConsistencyLevel.ALL, line));
                InfluxDBException two = assertThrows(
                        InfluxDBException.class, () -> other.write("metrics", null, ConsistencyLevel.ALL, line));
                assertEquals(writeClass, ((WriteException) one.getCause()).writeClass());
                assertEquals(one.getClass(), two.getClass());
                assertEquals(one.getMessage(), two.getMessage());
                assertEquals(one.isRetryWorth(), two.isRetryWorth());
                assertEquals(((WriteException) one.getCause()).outcome(), ((WriteException) two.getCause()).outcome());
                assertEquals(one.getCause().getClass(), two.getCause().getClass());
            }
        }
    }
}
