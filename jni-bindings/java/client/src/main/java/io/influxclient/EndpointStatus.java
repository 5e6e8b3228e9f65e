package io.influxclient;

import io.influxclient.internal.FrameReader;

/** How an endpoint of a client stands at the moment. Immutable. */
public final class EndpointStatus {

    private final String endpoint;
    private final EndpointState state;
    private final int failures;
    private final int inFlight;

    EndpointStatus(FrameReader frame) {
        endpoint = frame.text();
        state = EndpointState.of(frame.text());
        failures = frame.i32();
        inFlight = frame.i32();
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
     * What is known of its health.
     *
     * @return the state
     */
    public EndpointState state() {
        return state;
    }

    /**
     * How many times in a row it gave no answer.
     *
     * @return a number of requests
     */
    public int failures() {
        return failures;
    }

    /**
     * How many requests are under way to it.
     *
     * @return a number of requests
     */
    public int inFlight() {
        return inFlight;
    }

    @Override
    public String toString() {
        return endpoint + ": " + state.id();
    }
}
