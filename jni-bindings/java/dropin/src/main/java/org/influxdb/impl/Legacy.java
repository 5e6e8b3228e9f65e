package org.influxdb.impl;

/**
 * The switch for programs that rely on what influxdb-java 2.25 does where this library differs from it on purpose. Not
 * for applications: they set the property.
 */
public final class Legacy {

    /** The system property; {@code true} switches the old behaviour on. Read whenever it matters. */
    public static final String PROPERTY = "influxdb-java.legacy";

    private Legacy() {}

    /**
     * Whether the old behaviour is asked for.
     *
     * @return true if so
     */
    public static boolean isOn() {
        return Boolean.getBoolean(PROPERTY);
    }
}
