package org.influxdb.dto;

/** A server's answer to a ping. Not safe for use by several threads while it is being filled. */
public class Pong {

    private static final String UNKNOWN = "unknown";

    private String version;
    private long responseTime;

    /** An answer without a version. */
    public Pong() {}

    /**
     * The server's version.
     *
     * @return the version, {@code unknown} if the server did not say
     */
    public String getVersion() {
        return version;
    }

    /**
     * Sets the server's version.
     *
     * @param version the version
     */
    public void setVersion(final String version) {
        this.version = version;
    }

    /**
     * Whether the server told its version.
     *
     * @return {@code false} when the version is {@code unknown}, in any case of letters
     */
    public boolean isGood() {
        return !UNKNOWN.equalsIgnoreCase(version);
    }

    /**
     * How long the answer took.
     *
     * @return milliseconds
     */
    public long getResponseTime() {
        return responseTime;
    }

    /**
     * Sets how long the answer took.
     *
     * @param responseTime milliseconds
     */
    public void setResponseTime(final long responseTime) {
        this.responseTime = responseTime;
    }

    @Override
    public String toString() {
        return "Pong{version=" + version + ", responseTime=" + responseTime + '}';
    }
}
