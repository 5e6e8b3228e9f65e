package io.influxclient.junit;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Requests of a client, and waiting for what they bring about. */
final class Http {

    static final Duration LIMIT = Duration.ofSeconds(20);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Http() {}

    static HttpResponse<String> write(TestNode node, String parameters, String lines) throws IOException {
        return write(node, parameters, lines, LIMIT);
    }

    static HttpResponse<String> write(TestNode node, String parameters, String lines, Duration limit)
            throws IOException {
        return send(HttpRequest.newBuilder(URI.create(node.url() + "/write?" + parameters))
                .timeout(limit)
                .POST(HttpRequest.BodyPublishers.ofString(lines)));
    }

    static HttpResponse<String> query(TestNode node, String parameters, String statement) throws IOException {
        String encoded = URLEncoder.encode(statement, StandardCharsets.UTF_8);
        // Not for answers that are cut: a GET is sent a second time then.
        return send(HttpRequest.newBuilder(URI.create(node.url() + "/query?" + parameters + "&q=" + encoded))
                .timeout(LIMIT));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Looks until it is so. */
    static void until(String what, BooleanSupplier condition) {
        long since = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - since > LIMIT.toNanos()) {
                throw new AssertionError("not in " + LIMIT + ": " + what);
            }
            Thread.onSpinWait();
        }
    }
}
