package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The examples in the documentation: each stands in this file too, where it is compiled and run. */
class DocumentedExamplesTest {

    @InfluxCluster(data = 3, database = "app", settings = "hh-retry-interval=50ms")
    static class StorageTest {

        @Test
        void aQuorumSurvivesADeadNode(TestCluster cluster, InfluxClient client) {
            cluster.node("data3").kill();
            try (PointBatch batch = PointBatch.create()) {
                batch.point("cpu").tag("host", "a").field("usage", 1.5).at(1);
                client.write(batch);
            }
            cluster.node("data3").restart();
            cluster.waitUntilSettled();
            cluster.waitUntilInSync();
            assertEquals(1, cluster.node("data3").count("app", "cpu"));
        }
    }

    static class BuiltInCodeTest {

        @RegisterExtension
        static final InfluxClusterExtension influx = InfluxClusterExtension.of(
                TestCluster.builder().data(5).set("write-timeout", "1s").database("app", 3));

        @Test
        void hasFiveNodes() {
            assertEquals(5, influx.cluster().urls().size());
        }
    }

    @Test
    void faultsOfACluster() {
        try (TestCluster cluster = TestCluster.builder().database("app").start()) {
            cluster.partition("data1,meta1", "data2,data3,meta2,meta3");
            cluster.delay("data2", "data3", Duration.ofMillis(20));
            cluster.node("data1").fillHandoff();
            cluster.node("data2")
                    .reply(ReplyFault.ofClass("overloaded").on("/write").times(3));
            cluster.faults().forEach(System.out::println);
            cluster.heal();
            assertEquals(List.of(), cluster.faults());
        }
    }

    @Test
    void theExamplesAreThose() {
        for (Class<?> tests : List.of(StorageTest.class, BuiltInCodeTest.class)) {
            Recorded recorded = Recorded.run(tests, Map.of());
            assertTrue(recorded.allSucceeded(), recorded.ends()::toString);
        }
    }

    @Test
    void everyExampleInTheDocumentationIsInThisFile() throws IOException {
        String here =
                words(Files.readString(Path.of("src/test/java/io/influxclient/junit/DocumentedExamplesTest.java")));
        List<String> examples = new ArrayList<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
                Matcher example = Pattern.compile("<pre>\\{@code(.*?)}</pre>", Pattern.DOTALL)
                        .matcher(Files.readString(source));
                while (example.find()) {
                    examples.add(words(example.group(1).replaceAll("\\n *\\*", "")));
                }
            }
        }
        assertTrue(examples.size() >= 3, examples::toString);
        examples.forEach(example -> assertTrue(here.contains(example), example));
    }

    private static String words(String code) {
        // The formatter breaks lines as it likes.
        return code.replaceAll("\\s+", "");
    }
}
