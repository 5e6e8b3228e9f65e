package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.QueryException;
import io.influxclient.RetryPolicies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever is opened and closed often leaves no memory, no file and no thread behind. */
class LeakTest {

    private static final boolean LONG = Boolean.getBoolean("influx.long");
    private static final Path STATUS = Path.of("/proc/self/status");

    @BeforeAll
    static void needsProc() {
        assumeTrue(Files.exists(STATUS), "the numbers are read from /proc");
    }

    @Test
    void clientsAreOpenedAndClosed() throws Exception {
        String[] main = {"open", Integer.toString(LONG ? 1_000_000 : 1_000)};
        jvm().within(LONG ? 7200 : 60).run(0, Main.class, main);
    }

    @Test
    void writesAndQueries() throws Exception {
        String[] main = {"write", Integer.toString(LONG ? 100_000 : 1_500)};
        jvm().within(LONG ? 7200 : 60).run(0, Main.class, main);
    }

    @Test
    void writersAreStartedAndClosed() throws Exception {
        String[] main = {"writer", Integer.toString(LONG ? 100_000 : 500)};
        jvm().within(LONG ? 7200 : 60).run(0, Main.class, main);
    }

    /** Whose heap has its size from the start, so that what grows is memory beside it. */
    private static Forked jvm() {
        return Forked.jvm().option("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch").environment("MALLOC_ARENA_MAX", "2");
    }

    /** In a JVM of its own, where nobody else opens anything. */
    static final class Main {

        private Main() {}

        public static void main(String[] arguments) throws Exception {
            int times = Integer.parseInt(arguments[1]);
            try (Server server = Server.storing();
                    InfluxClient shared = server.client().build();
                    PointBatch batch = PointBatch.create()) {
                batch.point("m").tag("host", "a").field("v", 1.5).at(1);
                Runnable once = once(arguments[0], server, shared, batch);
                // Until all pools and compilers have what they want.
                for (int i = 0; i < Math.min(times, 500); i++) {
                    once.run();
                }
                settle();
                long files = files();
                long threads = threads();
                long memory = memory();
                for (int i = 0; i < times; i++) {
                    once.run();
                }
                settle();
                // The JVM itself opens a file now and then; a leak would be hundreds.
                Server.until("files " + files + " again, not " + files(), () -> files() <= files + 5);
                Server.until("threads " + threads + " again, not " + threads(), () -> threads() <= threads + 5);
                long grown = memory() - memory;
                System.out.println(arguments[0] + ": " + grown + " kB in " + times);
                // 1000 clients that leaked their least, a table of connections, would take more.
                assertTrue(grown < 12_000 + times / 100, "grown by " + grown + " kB");
            }
        }

        private static Runnable once(String what, Server server, InfluxClient shared, PointBatch batch) {
            switch (what) {
                case "open":
                    return () -> InfluxClient.builder(server.url())
                            .database("db")
                            .retry(RetryPolicies.none())
                            .build()
                            .close();
                case "write":
                    return () -> {
                        assertEquals(1, shared.write(batch).points());
                        shared.writeAsync(batch).cancel(true);
                        // Without a body it is no answer, which makes an error.
                        assertThrows(QueryException.class, () -> shared.query("SHOW DATABASES"));
                    };
                default:
                    return () -> {
                        BatchWriter writer =
                                shared.batchWriter().listener(report -> {}).start();
                        writer.push(batch);
                        writer.pushTracked(batch);
                        writer.close();
                    };
            }
        }

        private static void settle() throws InterruptedException {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(50);
            }
        }

        private static long files() {
            try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
                return files.count();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private static long threads() {
            return status("Threads:");
        }

        private static long memory() {
            return status("VmRSS:");
        }

        private static long status(String name) {
            try {
                return Files.readAllLines(STATUS).stream()
                        .filter(line -> line.startsWith(name))
                        .flatMap(line -> Arrays.stream(line.split("\\s+")))
                        .filter(word -> word.matches("\\d+"))
                        .mapToLong(Long::parseLong)
                        .findFirst()
                        .orElseThrow();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
