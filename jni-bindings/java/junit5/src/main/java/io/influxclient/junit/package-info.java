/**
 * Clusters of InfluxDB 1.x inside the JVM, for tests.
 *
 * <p>A {@link io.influxclient.junit.TestCluster} is a real small cluster: meta nodes that agree by Raft, data nodes
 * that keep replicated shards, hinted handoff, and the consistency levels and error texts of the real servers in two
 * {@linkplain io.influxclient.junit.Profile profiles}. Its nodes listen on free ports of the loopback interface and
 * keep their shards in memory. All of them can be killed, paused, cut off, slowed down and made to answer otherwise,
 * without containers and without being root.
 *
 * <p>In JUnit 5 the annotation {@link io.influxclient.junit.InfluxCluster} starts one for a test class or for each
 * test; {@link io.influxclient.junit.InfluxClusterExtension} does the same where the cluster is built in code.
 */
package io.influxclient.junit;
