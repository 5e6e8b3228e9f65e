/** Clusters of InfluxDB 1.x inside the JVM, for tests: see {@link io.influxclient.junit.InfluxCluster}. */
@SuppressWarnings("module") // the digit is part of what JUnit 5 is called
module io.influxclient.junit5 {
    requires transitive io.influxclient;
    // Of use without JUnit too: io.influxclient.junit.TestCluster knows nothing of it.
    requires static transitive org.junit.jupiter.api;

    exports io.influxclient.junit;
}
