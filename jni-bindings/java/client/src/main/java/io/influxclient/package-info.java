/**
 * Typed client for InfluxDB 1.x that says what became of every point.
 *
 * <p>{@link io.influxclient.InfluxClient#builder} makes a client of one server or of the coordinators of one cluster.
 * Points go into a {@link io.influxclient.PointBatch}, one after the other and without an object for each;
 * {@link io.influxclient.LineProtocol} is for lines that are ready.
 *
 * <p>A write returns a {@link io.influxclient.WriteResult} or throws a {@link io.influxclient.WriteException}. Each
 * class of failure has a subclass of its own, which says what is known of the points ({@link io.influxclient.Outcome})
 * and what to do ({@link io.influxclient.Advice}); nothing has to be read from messages. What is sent again and when is
 * up to a {@link io.influxclient.RetryPolicy}.
 *
 * <p>{@link io.influxclient.BatchWriter} gathers points in the background. {@link io.influxclient.Query} asks
 * questions, with bound values, and {@link io.influxclient.QueryStream} gives answers while they arrive.
 *
 * <p>The work is done by a native library in the jar. It is put into a directory of the user below
 * {@code java.io.tmpdir}, or below the directory that the property {@code io.influxclient.native.dir} names;
 * {@code io.influxclient.native.path} names a library to load in its place.
 *
 * <p>What a parameter must not be is told for each method; null is a {@link java.lang.NullPointerException} everywhere.
 *
 * @serial exclude
 */
package io.influxclient;
