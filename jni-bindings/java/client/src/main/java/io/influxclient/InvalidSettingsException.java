package io.influxclient;

import java.util.OptionalInt;

/** Settings with which no client or writer can be made. Secrets are never repeated in it. */
public final class InvalidSettingsException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final String kind;
    private final int endpoint;

    InvalidSettingsException(String kind, int endpoint, String message) {
        super(message);
        this.kind = kind;
        this.endpoint = endpoint;
    }

    /**
     * What is wrong.
     *
     * @return a name such as {@code NoEndpoint}, {@code Endpoint}, {@code Proxy}, {@code UserName}, {@code Token},
     *     {@code UserAgent}, {@code Tls}, {@code NoDatabase} or {@code MemoryTooSmall}
     */
    public String kind() {
        return kind;
    }

    /**
     * Which address is meant.
     *
     * @return its place in the list of addresses, from 0, if the kind is {@code Endpoint}
     */
    public OptionalInt endpointIndex() {
        return WriteFailure.optional(endpoint);
    }
}
