package io.influxclient.internal;

/** The functions of the native library. */
public final class Native {

    /** Equal to the number in the native library: both change together. */
    static final int ABI_VERSION = 1;

    private Native() {}

    static native int abiVersion();
}
