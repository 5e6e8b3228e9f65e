package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.Point;
import org.junit.jupiter.api.Test;

/** What is queued when a JVM ends whose program closed nothing. */
class ExitFlushTest {

    private static final int POINTS = 10;
    private static final long LIMIT_SECONDS = 60;

    /** Writes points and ends without a word. */
    static final class Careless {

        private Careless() {}

        public static void main(String[] arguments) {
            InfluxDB client = InfluxDBFactory.connect(arguments[0]).setDatabase("db");
            client.enableBatch(BatchOptions.DEFAULTS.flushDuration(1_000_000));
            for (int i = 0; i < POINTS; i++) {
                client.write(Point.measurement("m")
                        .addField("v", i)
                        .time(i, TimeUnit.SECONDS)
                        .build());
            }
        }
    }

    @Test
    void isSent() throws Exception {
        try (CannedServer server = new CannedServer()) {
            Process program = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Careless.class.getName(),
                            server.url())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                assertTrue(program.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "it does not end");
                assertEquals(0, program.exitValue());
            } finally {
                program.destroyForcibly();
            }
            List<String> stored = server.requests().stream()
                    .flatMap(request -> request.body.lines())
                    .collect(Collectors.toList());
            assertEquals(
                    IntStream.range(0, POINTS)
                            .mapToObj(i -> "m v=" + i + "i " + i * 1_000_000_000L)
                            .collect(Collectors.toList()),
                    stored);
        }
    }
}
