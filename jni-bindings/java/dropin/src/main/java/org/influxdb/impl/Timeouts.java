package org.influxdb.impl;

import java.time.Duration;
import okhttp3.OkHttpClient;

/** The time-outs of a client's settings, in OkHttp's terms. Immutable. */
final class Timeouts {

    /** What OkHttp's zero, for "no limit", becomes where there has to be one. */
    static final Duration NO_LIMIT = Duration.ofDays(365);

    /** For making a connection. */
    final Duration connect;
    /** For each wait for bytes of a reply. */
    final Duration read;
    /** For a request with its reply. */
    final Duration call;

    private Timeouts(Duration connect, Duration read, Duration call) {
        this.connect = connect;
        this.read = read;
        this.call = call;
    }

    static Timeouts of(OkHttpClient client) {
        return new Timeouts(
                limit(client.connectTimeoutMillis()),
                limit(client.readTimeoutMillis()),
                limit(client.callTimeoutMillis()));
    }

    private static Duration limit(int millis) {
        return millis == 0 ? NO_LIMIT : Duration.ofMillis(millis);
    }
}
