package io.influxclient.internal;

/** The native library of the client, loaded once for this class loader. */
public final class ClientLibrary {

    /** The property that names the library to load, in place of the one in the jar. */
    public static final String PATH_PROPERTY = "io.influxclient.native.path";

    private static volatile boolean loaded;

    private ClientLibrary() {}

    /**
     * Loads the library, if that has not been done. After a failure the next call tries again, since properties may
     * have been set meanwhile.
     *
     * @throws UnsatisfiedLinkError if it cannot be loaded, with the reasons and what to do about it
     */
    public static void load() {
        if (!loaded) {
            loadNow();
        }
    }

    private static synchronized void loadNow() {
        if (!loaded) {
            new NativeLibrary(Native.class, "influx_jni", PATH_PROPERTY)
                    .load(System::load, System::loadLibrary, Native::abiVersion, Native.ABI_VERSION);
            loaded = true;
        }
    }
}
