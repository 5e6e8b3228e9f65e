package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.influxclient.junit.internal.NativeCluster;
import java.io.File;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A cluster from its start to its end, and what comes after. */
class LifecycleTest {

    private static TestCluster small() {
        return TestCluster.builder().meta(1).data(1).database("app").start();
    }

    @Test
    void afterCloseEveryMethodSaysSo() {
        TestCluster cluster = small();
        TestNode node = cluster.node("data1");
        cluster.close();
        cluster.close();
        for (Executable call : List.<Executable>of(
                cluster::nodes,
                cluster::dataNodes,
                cluster::urls,
                cluster::heal,
                cluster::restore,
                cluster::faults,
                cluster::metaDown,
                cluster::endPartition,
                cluster::describe,
                cluster::waitUntilInSync,
                cluster::waitUntilSettled,
                () -> cluster.drained(Duration.ZERO),
                () -> cluster.node("data1"),
                () -> cluster.partition("data1", "meta1"),
                () -> cluster.cut("data1", "meta1"),
                () -> cluster.createDatabase("x", 1),
                () -> cluster.add(NodeRole.DATA),
                () -> cluster.remove("data1"),
                node::state,
                node::kill,
                node::pause,
                node::resume,
                node::restart,
                node::startAgain,
                node::logs,
                node::isolate,
                node::refuseHttp,
                node::fillHandoff,
                () -> node.count("app", "m"),
                node::handoffPoints,
                () -> node.reply(ReplyFault.hang()),
                () -> node.fillDisk(Disk.SHARDS),
                node::waitUntilUp)) {
            String message = assertThrows(IllegalStateException.class, call).getMessage();
            assertEquals("the cluster is closed", message);
        }
        assertEquals("TestCluster[closed]", cluster.toString());
    }

    @Test
    void madeUpNumbersReachNothing() {
        try (TestCluster cluster = small()) {
            long real = cluster.call(handle -> handle);
            for (long number : new long[] {
                0,
                1,
                -1,
                Long.MAX_VALUE,
                Long.MIN_VALUE,
                real + 1,
                real - (1L << 32),
                real + (1L << 32),
                real | Long.MIN_VALUE,
                0xdead_beef_0000_0001L
            }) {
                if (number != real) {
                    assertThrows(
                            IllegalStateException.class, () -> NativeCluster.nodes(number), Long.toHexString(number));
                    assertThrows(IllegalStateException.class, () -> NativeCluster.fault(number, new String[] {"heal"}));
                    NativeCluster.stop(number);
                }
            }
            assertEquals(2, cluster.nodes().size());
            for (Executable call : List.<Executable>of(
                    () -> NativeCluster.fault(real, null),
                    () -> NativeCluster.start(null),
                    () -> NativeCluster.fault(real, new String[] {"kill", null}),
                    () -> NativeCluster.logs(real, null),
                    () -> NativeCluster.countOn(real, "data1", null, "m"),
                    () -> NativeCluster.countOn(real, "data1", "app", null),
                    () -> NativeCluster.countOn(real, null, "app", "m"),
                    () -> NativeCluster.handoff(real, null),
                    () -> NativeCluster.createDatabase(real, null, 1),
                    () -> NativeCluster.remove(real, null),
                    () -> NativeCluster.add(real, null),
                    () -> NativeCluster.add(real, "neither"))) {
                assertThrows(IllegalArgumentException.class, call);
            }
        }
    }

    /** Close waits for calls under way; those that come later say that it is closed. */
    @Test
    void closingUnderCallsOfOtherThreadsHarmsNobody() throws InterruptedException {
        for (int round = 0; round < 5; round++) {
            TestCluster cluster = small();
            AtomicBoolean begun = new AtomicBoolean();
            ConcurrentLinkedQueue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    try {
                        while (true) {
                            cluster.nodes();
                            cluster.node("data1").count("app", "m");
                            cluster.fault("delay", "data1", "meta1", "1ms");
                            cluster.heal();
                            cluster.node("data1").logs();
                            begun.set(true);
                        }
                    } catch (IllegalStateException e) {
                        if (!"the cluster is closed".equals(e.getMessage())) {
                            unexpected.add(e);
                        }
                    } catch (RuntimeException | Error e) {
                        unexpected.add(e);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            Http.until("calls", begun::get);
            cluster.close();
            for (Thread thread : threads) {
                thread.join(Http.LIMIT.toMillis());
                assertFalse(thread.isAlive());
            }
            assertEquals(List.of(), List.copyOf(unexpected));
        }
    }

    /** Native code needs more than a thread may have, and a JVM whose stack overflows there is gone. */
    @Test
    void threadsWithASmallStackMayDoEverything() throws InterruptedException {
        List<Throwable> thrown = new ArrayList<>();
        Thread thread = new Thread(null, LifecycleTest::startBreakAndEnd, "small stack", 128 * 1024);
        thread.setUncaughtExceptionHandler((same, failure) -> thrown.add(failure));
        thread.start();
        thread.join(Http.LIMIT.toMillis());
        assertFalse(thread.isAlive());
        assertEquals(List.of(), thrown);
    }

    private static void startBreakAndEnd() {
        try (TestCluster cluster = small()) {
            cluster.node("data1").reply(ReplyFault.ofClass("timeout").on("/write"));
            cluster.node("data1").restart();
            cluster.remove(cluster.add(NodeRole.DATA).name());
            assertThrows(IllegalArgumentException.class, () -> cluster.fault("kil"));
            cluster.waitUntilInSync();
        }
    }

    @Test
    void aForgottenClusterIsStopped() {
        long before = NativeCluster.running();
        String url = forget(before);
        Http.until("the cluster is stopped", () -> {
            System.gc();
            return NativeCluster.running() == before && Ping.failure(url) != null;
        });
    }

    /** Apart, so that no reference stays on the stack. */
    private static String forget(long before) {
        TestCluster cluster = small();
        assertEquals(before + 1, NativeCluster.running());
        String url = cluster.urls().get(0);
        // Not to be cleaned before it was counted.
        Reference.reachabilityFence(cluster);
        return url;
    }

    /** Nodes are threads; none stays behind. */
    @Test
    void startingAndStoppingLeavesNoThreadsBehind() {
        small().close();
        long before = threads();
        for (int i = 0; i < 20; i++) {
            small().close();
        }
        // Threads for files end by themselves, a little later.
        Http.until("as few threads as before", () -> threads() <= before + 2);
    }

    private static long threads() {
        String[] tasks = new File("/proc/self/task").list();
        return tasks == null ? 0 : tasks.length;
    }
}
