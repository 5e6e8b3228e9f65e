/** Typed client for InfluxDB 1.x that says what became of every point. */
package io.influxclient;
