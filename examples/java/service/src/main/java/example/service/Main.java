package example.service;

import io.influxclient.ConsistencyLevel;
import io.influxclient.InfluxClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/** Stores ten readings in the database given first, at any of the servers given after it. */
public final class Main {

    private Main() {}

    /**
     * Writes, and says what became of the readings.
     *
     * @param arguments the database, then addresses such as {@code http://localhost:8086}
     */
    public static void main(String[] arguments) {
        String[] servers = Arrays.copyOfRange(arguments, 1, arguments.length);
        try (InfluxClient client = InfluxClient.builder(servers)
                        .database(arguments[0])
                        .consistency(ConsistencyLevel.QUORUM)
                        .deadline(Duration.ofSeconds(10))
                        .build();
                Sensors sensors = new Sensors(client, text -> System.out.println("operator: " + text))) {
            for (int i = 0; i < 10; i++) {
                System.out.println(sensors.deliver(Sensors.reading("harbour", 4.5 + i, Instant.now())));
            }
            System.out.println(sensors.kept() + " kept");
        }
    }
}
