package io.influxclient.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Starts a cluster for a test class or for a single test.
 *
 * <pre>{@code
 * @InfluxCluster(data = 3, database = "app", settings = "hh-retry-interval=50ms")
 * static class StorageTest {
 *
 *     @Test
 *     void aQuorumSurvivesADeadNode(TestCluster cluster, InfluxClient client) {
 *         cluster.node("data3").kill();
 *         try (PointBatch batch = PointBatch.create()) {
 *             batch.point("cpu").tag("host", "a").field("usage", 1.5).at(1);
 *             client.write(batch);
 *         }
 *         cluster.node("data3").restart();
 *         cluster.waitUntilSettled();
 *         cluster.waitUntilInSync();
 *         assertEquals(1, cluster.node("data3").count("app", "cpu"));
 *     }
 * }
 * }</pre>
 *
 * <p>Parameters of the class's constructor and methods can be:
 *
 * <ul>
 *   <li>the {@link TestCluster};
 *   <li>an {@link io.influxclient.InfluxClient} of all its data nodes and its {@link #database()}, closed after the
 *       test, or after the class where a parameter of the constructor or of a static method has it; for other settings
 *       there is {@link TestCluster#clientBuilder()};
 *   <li>addresses, with {@link NodeUrl}.
 * </ul>
 *
 * <p>When a test fails, the faults in force and the end of each node's log go to standard error.
 *
 * <p>On a method it gives that test a cluster of its own, whatever the class has. Classes nested in an annotated one
 * share its cluster unless they are annotated themselves; subclasses have one each.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(InfluxClusterExtension.class)
public @interface InfluxCluster {

    /**
     * How many data nodes.
     *
     * @return from 1 to 64
     */
    int data() default 3;

    /**
     * How many meta nodes.
     *
     * @return from 1 to 64
     */
    int meta() default 3;

    /**
     * How many nodes that are both, in place of data nodes and meta nodes.
     *
     * @return from 1 to 64; 0 for data nodes and meta nodes
     */
    int combined() default 0;

    /**
     * Which system to answer like.
     *
     * @return the profile
     */
    Profile profile() default Profile.V1_8;

    /**
     * Options of every node, by the names of the real configuration.
     *
     * @return each {@code name=value}, such as {@code write-timeout=1s}
     */
    String[] settings() default {};

    /**
     * A database that is there from the start.
     *
     * @return its name; nothing for none
     */
    String database() default "";

    /**
     * How many data nodes keep each point of the database.
     *
     * @return so many; 0 for every one
     */
    int replication() default 0;

    /**
     * How long the cluster lives.
     *
     * @return the scope; on a method always {@link Scope#METHOD}
     */
    Scope scope() default Scope.CLASS;
}
