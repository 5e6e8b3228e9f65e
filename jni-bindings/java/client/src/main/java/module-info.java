/** Typed client for InfluxDB 1.x that says what became of every point. */
module io.influxclient {
    exports io.influxclient;
}
