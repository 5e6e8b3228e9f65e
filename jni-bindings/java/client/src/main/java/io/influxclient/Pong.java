package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.time.Duration;
import java.util.Optional;

/** What one endpoint answered to a ping. Immutable. */
public final class Pong {

    private final String endpoint;
    private final String version;
    private final String build;
    private final Duration latency;
    private final String error;

    Pong(FrameReader frame) {
        endpoint = frame.text();
        version = frame.text();
        build = frame.text();
        latency = frame.duration();
        error = frame.text();
    }

    /**
     * The endpoint.
     *
     * @return an address without user and password
     */
    public String endpoint() {
        return endpoint;
    }

    /**
     * Whether it is there.
     *
     * @return whether it gave a good answer
     */
    public boolean isGood() {
        return error == null;
    }

    /**
     * Its version.
     *
     * @return the version as the server spells it, if it told one
     */
    public Optional<String> version() {
        return Optional.ofNullable(version);
    }

    /**
     * Its edition.
     *
     * @return the header {@code X-Influxdb-Build}, if it sent one
     */
    public Optional<String> build() {
        return Optional.ofNullable(build);
    }

    /**
     * The time from the request to its answer.
     *
     * @return a time span, if there was a good answer
     */
    public Optional<Duration> latency() {
        return Optional.ofNullable(error == null ? latency : null);
    }

    /**
     * Why there was no good answer.
     *
     * @return the reason in words
     */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }

    @Override
    public String toString() {
        return endpoint + ": " + (error == null ? "version " + version : error);
    }
}
