import example.service.Sensors;
import io.influxclient.ConsistencyLevel;
import io.influxclient.InfluxClient;
import io.influxclient.RetryPolicies;
import io.influxclient.WriteClass;
import io.influxclient.junit.ReplyFault;
import io.influxclient.junit.TestCluster;
import io.influxclient.junit.TestClusterBuilder;
import java.time.Instant;

/** The service beside a cluster that goes through bad times, in one process and without a test framework. */
class Demo {

    public static void main(String[] arguments) {
        TestClusterBuilder three = TestCluster.builder().data(3).database("weather").set("write-timeout", "500ms");
        try (TestCluster cluster = three.start();
                InfluxClient client = InfluxClient.builder(cluster.node("data1").url())
                        .database("weather")
                        .consistency(ConsistencyLevel.QUORUM)
                        .retry(RetryPolicies.none())
                        .build();
                Sensors sensors = new Sensors(client, text -> {})) {
            tell(sensors, "every node runs");

            cluster.node("data3").kill();
            tell(sensors, "data3 is dead");

            cluster.node("data2").pause();
            tell(sensors, "and data2 hangs");

            cluster.restore();
            System.out.println(sensors.deliverKept() + ": what was kept, now that both are back");

            cluster.metaDown();
            tell(sensors, "no meta node answers, but this week has its shards");

            cluster.heal();
            cluster.node("data1").reply(ReplyFault.ofClass(WriteClass.OVERLOADED).times(1));
            tell(sensors, "data1 has no room for it");
        }
    }

    private static void tell(Sensors sensors, String situation) {
        System.out.println(sensors.deliver(Sensors.reading("harbour", 4.5, Instant.now())) + ": " + situation);
    }
}
