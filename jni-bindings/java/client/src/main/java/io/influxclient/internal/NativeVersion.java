package io.influxclient.internal;

import java.io.IOException;

/** Loads the native library and tells its version: how a release, or somebody in doubt, tries out a jar. */
public final class NativeVersion {

    private NativeVersion() {}

    /**
     * Prints the version, the platform and the version of the boundary to native code.
     *
     * @param arguments none
     * @throws IOException if the jar does not tell its version
     * @throws UnsatisfiedLinkError if the library cannot be loaded; the text says why, and what to do
     */
    public static void main(String[] arguments) throws IOException {
        ClientLibrary.load();
        System.out.println("influx-client " + NativeLibrary.version() + " for "
                + Platform.current().folder() + ", boundary " + Native.abiVersion());
    }
}
