package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM's own checks of native calls find nothing, and a JVM ends whatever it leaves open. */
class CheckedJniTest {

    /** Every native method, many words both ways, and every kind of exception. */
    static final class Everything {

        private Everything() {}

        public static void main(String[] arguments) throws IOException {
            List<String> many = new ArrayList<>(Collections.nCopies(300, "data1"));
            many.add(0, "resume");
            TestCluster cluster =
                    TestCluster.builder().meta(1).data(2).database("app").start();
            TestNode node = cluster.node("data1");
            for (int i = 0; i < 100; i++) {
                cluster.fault("clock", "+" + (i + 1) + "s", "data1");
                Http.query(node, "", "SHOW DATABASES");
                node.reply(ReplyFault.status(500).on("/none"));
            }
            cluster.fault(many.toArray(String[]::new));
            check(cluster.faults().size() == 101);
            Http.until("many lines", () -> {
                node.reply(ReplyFault.status(200).on("/query").times(1));
                try {
                    Http.query(node, "", "x");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return node.logs().size() > 100;
            });
            cluster.heal();
            check(node.count("app", "m") == 0 && node.handoffPoints() == 0);
            cluster.waitUntilSettled();
            cluster.waitUntilInSync();
            cluster.remove(cluster.add(NodeRole.DATA).name());
            assertThrows(IllegalArgumentException.class, () -> cluster.fault("kill", "data9"));
            assertThrows(ClusterException.class, () -> cluster.createDatabase("", 1));
            String name = "n\u00e4me \u20ac \ud83e\uded6 " + "x".repeat(100);
            cluster.createDatabase(name, 1);
            check(Http.query(node, "", "SHOW DATABASES").body().contains(name));
            node.reply(ReplyFault.status(500, "y".repeat(1_000_000)).times(1));
            check(Http.write(node, "db=app", "m v=1 1").body().length() == 1_000_000);
            cluster.close();
            assertThrows(IllegalStateException.class, cluster::nodes);
            TestCluster left = TestCluster.builder().meta(1).data(1).start();
            System.out.println("left open: " + left.nodes().size());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                // The hook that ends all clusters runs at the same time.
                Http.until("the end of " + left, () -> "TestCluster[closed]".equals(left.toString()));
                assertThrows(IllegalStateException.class, TestCluster.builder()::start);
                System.out.println("none afterwards");
            }));
        }

        private static void check(boolean holds) {
            if (!holds) {
                throw new AssertionError();
            }
        }
    }

    /** The words of the JVM's checks; newer ones warn of every native library besides. */
    private static boolean isFound(String line) {
        return line.contains("FATAL ERROR")
                || line.startsWith("WARNING") && (line.contains("JNI ") || line.contains("in native method"));
    }

    @Test
    void everyNativeMethodIsCleanAndNoFilesStayBehind(@TempDir Path temporary) throws Exception {
        Path output = temporary.resolve("output");
        File clusters = temporary.resolve("clusters").toFile();
        assertTrue(clusters.mkdir());
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xcheck:jni",
                "-Dfile.encoding=ISO-8859-1",
                "-cp",
                System.getProperty("java.class.path"),
                Everything.class.getName());
        builder.environment().put("TMPDIR", clusters.toString());
        builder.environment().put("LC_ALL", "C");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(Duration.ofMinutes(2).toSeconds(), TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        assertTrue(ended, text);
        assertEquals(0, process.exitValue(), text);
        assertTrue(text.contains("left open: 2"), text);
        assertTrue(text.contains("none afterwards"), text);
        assertTrue(text.lines().noneMatch(CheckedJniTest::isFound), text);
        assertEquals(List.of(), List.of(clusters.list((directory, name) -> name.startsWith("influx-test-cluster"))));
    }
}
