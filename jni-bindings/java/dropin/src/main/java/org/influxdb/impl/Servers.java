package org.influxdb.impl;

import okhttp3.HttpUrl;

/** Reads the address of a server as influxdb-java does. */
final class Servers {

    private Servers() {}

    /** @throws IllegalArgumentException if it is none of HTTP or HTTPS, or its path does not end with a slash */
    static HttpUrl parse(String url) {
        HttpUrl server;
        try {
            server = HttpUrl.get(url);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Unable to parse url: " + url + " (" + e.getMessage() + ")", e);
        }
        if (!"".equals(server.pathSegments().get(server.pathSegments().size() - 1))) {
            throw new IllegalArgumentException("baseUrl must end in /: " + url);
        }
        return server.newBuilder()
                .username("")
                .password("")
                .query(null)
                .fragment(null)
                .build();
    }
}
