package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.junit.internal.NativeCluster;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The annotation and the extension, run by JUnit. */
class InfluxClusterExtensionTest {

    @BeforeAll
    static void load() {
        NativeCluster.load();
    }

    private static Recorded run(Class<?> tests) {
        int before = NativeCluster.running();
        Recorded recorded = Recorded.run(tests, Map.of());
        assertEquals(before, NativeCluster.running(), "every cluster was closed");
        return recorded;
    }

    @InfluxCluster(
            data = 2,
            meta = 1,
            database = "app",
            replication = 1,
            settings = {"write-timeout=1s"})
    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    static class OneForTheClass {

        private static TestCluster first;
        private static InfluxClient ofTheClass;
        private static InfluxClient ofTheTest;
        private final TestCluster mine;

        OneForTheClass(TestCluster cluster) {
            mine = cluster;
        }

        @BeforeAll
        static void before(TestCluster cluster, InfluxClient client) {
            first = cluster;
            ofTheClass = client;
        }

        @Test
        @Order(1)
        void breaksIt(
                TestCluster cluster,
                @NodeUrl String url,
                @NodeUrl("data2") String second,
                @NodeUrl List<String> all,
                @NodeUrl String[] array)
                throws IOException {
            assertSame(first, cluster);
            assertSame(first, mine);
            assertEquals(cluster.urls(), all);
            assertEquals(all, List.of(array));
            assertEquals(List.of(url, second), all);
            assertEquals(
                    204,
                    Http.write(cluster.node("data1"), "db=app&consistency=all", "m v=1 1")
                            .statusCode());
            cluster.metaDown();
            cluster.node("data2").pause();
            cluster.node("data1").kill();
        }

        @Test
        @Order(3)
        void hasAClient(InfluxClient client, InfluxClient same, TestCluster cluster) {
            assertSame(client, same);
            assertNotSame(ofTheClass, client);
            try (PointBatch batch = PointBatch.create()) {
                batch.point("client").field("v", 1).at(1);
                assertEquals(1, client.write(batch).points());
                ofTheClass.write(batch);
            }
            ofTheTest = client;
        }

        @Test
        @Order(4)
        void hasAnotherClient(InfluxClient client) {
            assertNotSame(ofTheTest, client);
            try (PointBatch batch = PointBatch.create()) {
                batch.point("client").field("v", 1).at(1);
                assertThrows(IllegalStateException.class, () -> ofTheTest.write(batch));
            }
        }

        @Test
        @Order(2)
        void findsItWholeWithWhatWasStored(TestCluster cluster) {
            assertSame(first, cluster);
            assertEquals(List.of(), cluster.faults());
            assertTrue(cluster.nodes().stream().allMatch(node -> node.state() == NodeState.RUNNING));
            assertEquals(
                    1,
                    cluster.dataNodes().stream()
                            .mapToLong(node -> node.count("app", "m"))
                            .sum(),
                    "one copy");
        }

        @Test
        @InfluxCluster(data = 1, meta = 1, profile = Profile.V0_10)
        void hasItsOwn(TestCluster cluster) {
            assertNotSame(first, cluster);
            assertEquals(Profile.V0_10, cluster.profile());
        }

        @Nested
        class Inside {
            @ParameterizedTest
            @ValueSource(ints = {1, 2})
            void sharesIt(int number, TestCluster cluster) {
                assertSame(first, cluster);
            }
        }

        @Nested
        @InfluxCluster(data = 1, meta = 1)
        class InsideWithItsOwn {
            @Test
            void doesNotShareIt(TestCluster cluster) {
                assertNotSame(first, cluster);
                assertEquals(1, cluster.dataNodes().size());
            }
        }
    }

    @Test
    void aClassHasOneClusterThatIsWholeAgainForEachTest() {
        Recorded recorded = run(OneForTheClass.class);
        assertTrue(recorded.allSucceeded(), recorded.ends()::toString);
        assertEquals("", recorded.standardError());
    }

    @InfluxCluster(data = 1, meta = 1, scope = Scope.METHOD, database = "app")
    static class OneForEach {

        private static final Set<TestCluster> SEEN = ConcurrentHashMap.newKeySet();
        private TestCluster before;

        @BeforeEach
        void before(TestCluster cluster) {
            before = cluster;
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3})
        void isNew(int number, TestCluster cluster) throws IOException {
            assertSame(before, cluster);
            assertTrue(SEEN.add(cluster));
            assertEquals(0, cluster.node("data1").count("app", "m"));
            assertEquals(
                    204, Http.write(cluster.node("data1"), "db=app", "m v=1 1").statusCode());
        }
    }

    @Test
    void eachTestHasAClusterOfItsOwnWhereItIsToldSo() {
        Recorded recorded = run(OneForEach.class);
        assertTrue(recorded.allSucceeded(), recorded.ends()::toString);
        assertEquals(3, OneForEach.SEEN.size());
        assertTrue(
                OneForEach.SEEN.stream().allMatch(cluster -> cluster.toString().endsWith("[closed]")));
    }

    @InfluxCluster(data = 1, meta = 1, scope = Scope.METHOD)
    static class TooEarly {
        TooEarly(TestCluster cluster) {}

        @Test
        void never() {}
    }

    @InfluxCluster(settings = "write-timeot=1s")
    static class WrongSetting {
        @Test
        void never() {}
    }

    @InfluxCluster(settings = "write-timeout")
    static class NoSetting {
        @Test
        void never() {}
    }

    @Test
    void mistakesSayWhatTheyAre() {
        assertTrue(run(TooEarly.class).end("never()").contains("Scope.METHOD"));
        assertTrue(run(WrongSetting.class)
                .end("InfluxClusterExtensionTest$WrongSetting")
                .contains("write-timeot"));
        assertTrue(
                run(NoSetting.class).end("InfluxClusterExtensionTest$NoSetting").contains("is not name=value"));
    }

    @InfluxCluster(data = 1, meta = 1)
    static class Failing {
        @Test
        void fails(TestCluster cluster) {
            cluster.node("data1").refuseHttp();
            fail("on purpose");
        }

        @Test
        void isAborted() {
            abort("not here");
        }
    }

    @InfluxCluster(data = 1, meta = 1, scope = Scope.METHOD)
    static class FailingAlone {
        @Test
        void fails() {
            throw new IllegalStateException("on purpose");
        }
    }

    @InfluxCluster(data = 1, meta = 1)
    static class FailingBefore {
        @BeforeAll
        static void fails() {
            fail("on purpose");
        }

        @Test
        void never() {}
    }

    @Test
    void whenATestFailsTheLogsOfItsNodesAreShown() {
        Recorded recorded = run(Failing.class);
        assertEquals("on purpose", recorded.end("fails(TestCluster)"));
        String shown = recorded.standardError();
        assertTrue(shown.contains("fails(TestCluster) failed; its cluster:"), shown);
        assertTrue(shown.contains("in force: data1: public port refuses connections"), shown);
        assertTrue(shown.contains("the end of the log of data1 (RUNNING"), shown);
        assertTrue(shown.contains("influx_server_mock::"), shown);
        assertFalse(shown.contains("isAborted"), shown);
        assertTrue(run(FailingAlone.class).standardError().contains("the end of the log of meta1"));
        assertTrue(run(FailingBefore.class).standardError().contains("the end of the log of meta1"));
    }

    /** Keeps tests from beginning. */
    static final class Obstacle implements BeforeEachCallback {
        @Override
        public void beforeEach(ExtensionContext context) {
            if (context.getDisplayName().startsWith("first")) {
                throw new IllegalStateException("on purpose");
            }
        }
    }

    @ExtendWith(Obstacle.class)
    @InfluxCluster(data = 1, meta = 1)
    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Hindered {
        @Test
        void firstIsKeptFromBeginning() {}

        @Test
        void secondBreaksIt(TestCluster cluster) {
            cluster.metaDown();
        }

        @Test
        void thirdFindsItWhole(TestCluster cluster) {
            assertEquals(List.of(), cluster.faults());
        }

        @Test
        void willClose(TestCluster cluster) {
            cluster.close();
            fail("on purpose");
        }
    }

    @Test
    void otherExtensionsAndTestsMayFailOnTheWay() {
        Recorded recorded = run(Hindered.class);
        assertEquals("on purpose", recorded.end("firstIsKeptFromBeginning()"));
        assertEquals("SUCCESSFUL", recorded.end("secondBreaksIt(TestCluster)"));
        assertEquals("SUCCESSFUL", recorded.end("thirdFindsItWhole(TestCluster)"));
        assertEquals("on purpose", recorded.end("willClose(TestCluster)"));
        assertTrue(recorded.standardError().contains("the cluster is closed"));
    }

    static class InCode {

        @RegisterExtension
        static final InfluxClusterExtension SHARED =
                InfluxClusterExtension.of(TestCluster.builder().meta(1).data(2).database("app"));

        @RegisterExtension
        final InfluxClusterExtension each =
                InfluxClusterExtension.of(TestCluster.builder().meta(1).data(1));

        private static TestCluster shared;
        private static TestCluster earlier;

        private void look() {
            assertEquals(2, SHARED.cluster().dataNodes().size());
            assertEquals(1, each.cluster().dataNodes().size());
            assertTrue(shared == null || shared == SHARED.cluster());
            assertNotSame(earlier, each.cluster());
            shared = SHARED.cluster();
            earlier = each.cluster();
        }

        @Test
        void one() {
            look();
        }

        @Test
        void two() {
            look();
        }

        @Nested
        class Inside {
            @Test
            void three() {
                look();
            }
        }
    }

    @Test
    void clustersCanBeBuiltInCode() {
        Recorded recorded = run(InCode.class);
        assertTrue(recorded.allSucceeded(), recorded.ends()::toString);
        assertThrows(IllegalStateException.class, InfluxClusterExtension.of(TestCluster.builder())::cluster);
    }

    @InfluxCluster(data = 1, meta = 1, database = "app")
    @Execution(ExecutionMode.CONCURRENT)
    static class SideBySide {

        private static final CountDownLatch BOTH = new CountDownLatch(2);
        private static final CountDownLatch ONE_ENDED = new CountDownLatch(1);

        @Test
        void endsFirst(TestCluster cluster) throws InterruptedException {
            BOTH.countDown();
            assertTrue(BOTH.await(10, TimeUnit.SECONDS));
            ONE_ENDED.countDown();
        }

        @Test
        void keepsItsFault(TestCluster cluster) throws InterruptedException {
            cluster.node("data1").refuseHttp();
            BOTH.countDown();
            assertTrue(ONE_ENDED.await(10, TimeUnit.SECONDS));
            assertEquals(1, cluster.faults().size());
        }
    }

    @InfluxCluster(data = 1, meta = 1, database = "app", scope = Scope.METHOD)
    @Execution(ExecutionMode.CONCURRENT)
    static class SideBySideApart {

        private static final CountDownLatch BOTH = new CountDownLatch(2);

        @ParameterizedTest
        @ValueSource(strings = {"one", "other"})
        void hasItsOwn(String measurement, TestCluster cluster) throws Exception {
            assertEquals(
                    204,
                    Http.write(cluster.node("data1"), "db=app", measurement + " v=1 1")
                            .statusCode());
            BOTH.countDown();
            assertTrue(BOTH.await(10, TimeUnit.SECONDS));
            long all = cluster.node("data1").count("app", "one")
                    + cluster.node("data1").count("app", "other");
            assertEquals(1, all);
        }
    }

    @Test
    void testsMayRunSideBySide() {
        Map<String, String> parallel = Map.of(
                "junit.jupiter.execution.parallel.enabled",
                "true",
                "junit.jupiter.execution.parallel.config.strategy",
                "fixed",
                "junit.jupiter.execution.parallel.config.fixed.parallelism",
                "2");
        for (Class<?> tests : List.of(SideBySide.class, SideBySideApart.class)) {
            Recorded recorded = Recorded.run(tests, parallel);
            assertTrue(recorded.allSucceeded(), recorded.ends()::toString);
        }
    }
}
