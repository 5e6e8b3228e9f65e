package example.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.TestCluster;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.dto.Point;
import org.junit.jupiter.api.Test;

/** The application's own tests: the same before and after the dependency was exchanged. */
@InfluxCluster(data = 3, meta = 1, database = "weather")
class CollectorTest {

    private static final Instant NOON = Instant.parse("2016-01-01T12:00:00Z");

    @Test
    void whatIsStoredIsReadBack(TestCluster cluster) {
        try (Collector collector = new Collector(cluster.node("data1").url(), "weather")) {
            assertEquals(1, collector.store(collector.reading("harbour", NOON, 4.5)));
            List<Reading> readings = collector.readings("harbour");
            assertEquals(1, readings.size());
            assertEquals(NOON, readings.get(0).time());
            assertEquals("harbour", readings.get(0).station());
            assertEquals(4.5, readings.get(0).celsius());
        }
    }

    /** No server takes a tag of that name, however often it is asked. */
    @Test
    void aPointThatNoServerTakesIsNotStored(TestCluster cluster) {
        try (Collector collector = new Collector(cluster.node("data1").url(), "weather")) {
            Point wrong = Point.measurement("temperature")
                    .time(NOON.toEpochMilli(), TimeUnit.MILLISECONDS)
                    .tag("time", "noon")
                    .addField("celsius", 4.5)
                    .build();
            Collector.Failed failed = assertThrows(Collector.Failed.class, () -> collector.store(wrong));
            System.out.println("attempts for a point that no server takes: " + failed.attempts());
            assertEquals(List.of(), collector.readings("noon"));
        }
    }
}
