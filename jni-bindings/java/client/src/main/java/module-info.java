/** Typed client for InfluxDB 1.x that says what became of every point. */
@SuppressWarnings("module") // the modules that the qualified exports name are built after this one
module io.influxclient {
    exports io.influxclient;
    // Not for applications: the loader of native libraries, and what the other modules of this project share.
    exports io.influxclient.internal to
            io.influxclient.junit5,
            influxdb.java;
}
