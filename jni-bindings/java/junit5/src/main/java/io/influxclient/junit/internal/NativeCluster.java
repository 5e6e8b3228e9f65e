package io.influxclient.junit.internal;

import io.influxclient.internal.NativeLibrary;

/**
 * The functions of the native library. Clusters are numbers that are never given twice: of one that is stopped, or was
 * never given, each function says so with an {@link IllegalStateException}. Safe for use by several threads.
 */
public final class NativeCluster {

    /** The property that names the library to load, in place of the one in the jar. */
    public static final String PATH_PROPERTY = "io.influxclient.cluster.native.path";

    /** Equal to the number in the native library: both change together. */
    private static final int ABI_VERSION = 1;

    private static boolean loaded;

    private NativeCluster() {}

    /**
     * Loads the library, if that has not been done.
     *
     * @throws UnsatisfiedLinkError if it cannot be loaded, with the reasons and what to do about it
     */
    public static synchronized void load() {
        if (!loaded) {
            new NativeLibrary(NativeCluster.class, "influx_jni_cluster", PATH_PROPERTY)
                    .load(System::load, System::loadLibrary, NativeCluster::abiVersion, ABI_VERSION);
            // Clusters leave files behind unless they are stopped.
            Runtime.getRuntime().addShutdownHook(new Thread(NativeCluster::stopAll, "influx clusters end"));
            loaded = true;
        }
    }

    static native int abiVersion();

    /**
     * Starts a cluster.
     *
     * @param words those of {@code influx-cli cluster up}
     * @return its number
     */
    public static native long start(String[] words);

    /**
     * Stops a cluster once the calls for it that are under way have ended. Nothing happens to one that is stopped
     * already.
     *
     * @param cluster its number
     */
    public static native void stop(long cluster);

    /** Stops all clusters; no more can be started afterwards. */
    static native void stopAll();

    /**
     * How many clusters there are.
     *
     * @return so many
     */
    public static native int running();

    /**
     * Adds or ends faults.
     *
     * @param cluster its number
     * @param words those of {@code influx-cli fault}
     */
    public static native void fault(long cluster, String[] words);

    /**
     * The nodes.
     *
     * @param cluster its number
     * @return five words a node: name, role, id, URL, state
     */
    public static native String[] nodes(long cluster);

    /**
     * What is in force.
     *
     * @param cluster its number
     * @return three words a fault: kind, node or nothing, text
     */
    public static native String[] faults(long cluster);

    /**
     * What a node logged.
     *
     * @param cluster its number
     * @param node its name
     * @return the last two thousand lines at most
     */
    public static native String[] logs(long cluster, String node);

    /**
     * What waits in a node's hinted handoff queues.
     *
     * @param cluster its number
     * @param node its name
     * @return four words a queue: the owner it waits for, the shard, points, bytes
     */
    public static native String[] handoff(long cluster, String node);

    /**
     * How many points a node holds itself.
     *
     * @param cluster its number
     * @param node its name
     * @param database which database
     * @param measurement which measurement
     * @return so many
     */
    public static native long countOn(long cluster, String node, String database, String measurement);

    /**
     * Makes a database.
     *
     * @param cluster its number
     * @param name what it is called
     * @param copies of each point
     */
    public static native void createDatabase(long cluster, String name, int copies);

    /**
     * One look at what waits in hinted handoff queues or is on its way to owners.
     *
     * @param cluster its number
     * @return what, or null
     */
    public static native String unsettled(long cluster);

    /**
     * One look for a difference between replicas.
     *
     * @param cluster its number
     * @return what, or null
     */
    public static native String outOfSync(long cluster);

    /**
     * Adds a node.
     *
     * @param cluster its number
     * @param role meta, data or both
     * @return its name
     */
    public static native String add(long cluster, String role);

    /**
     * Takes a node out.
     *
     * @param cluster its number
     * @param node its name
     */
    public static native void remove(long cluster, String node);
}
