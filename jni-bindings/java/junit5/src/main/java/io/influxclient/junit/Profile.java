package io.influxclient.junit;

/** Which real system a cluster answers like: its rules, its texts, its settings. */
public enum Profile {
    /** influxdb-cluster 1.8 and InfluxDB Enterprise 1.8, what users run today. */
    V1_8("1.8"),
    /** The clustered InfluxDB 0.10 of 2016. */
    V0_10("0.10");

    private final String version;

    Profile(String version) {
        this.version = version;
    }

    /**
     * The version as one writes it.
     *
     * @return {@code 1.8} or {@code 0.10}
     */
    public String version() {
        return version;
    }
}
