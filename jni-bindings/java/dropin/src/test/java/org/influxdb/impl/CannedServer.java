package org.influxdb.impl;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;

/** An HTTP server that answers as told and remembers what it was asked. */
final class CannedServer implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "canned-server");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Request, Reply> replies = request -> new Reply(204, "");

    CannedServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** A client with plain settings, or with an interceptor and so with OkHttp below. */
    InfluxDB client(boolean intercepted) {
        OkHttpClient.Builder settings = new OkHttpClient.Builder();
        if (intercepted) {
            settings.addInterceptor(chain -> chain.proceed(chain.request()));
        }
        return InfluxDBFactory.connect(url(), "user", "word", settings).setDatabase("db");
    }

    void answer(Function<Request, Reply> answers) {
        replies = answers;
    }

    void answer(int status, String body) {
        replies = request -> new Reply(status, body);
    }

    List<Request> requests() {
        return requests;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Request request =
                    new Request(exchange.getRequestURI().toString(), Map.copyOf(exchange.getRequestHeaders()), body);
            requests.add(request);
            Reply reply = replies.apply(request);
            if (reply.ofInfluxDB) {
                exchange.getResponseHeaders().add("X-Influxdb-Version", "1.8.10");
            }
            exchange.getResponseHeaders().add("X-Request-Id", "request-7");
            byte[] bytes = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status, reply.status == 204 ? -1 : bytes.length);
            if (reply.status != 204) {
                exchange.getResponseBody().write(bytes);
            }
        } finally {
            exchange.close();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    static final class Request {

        final String uri;
        final Map<String, List<String>> headers;
        final byte[] bytes;
        final String body;

        Request(String uri, Map<String, List<String>> headers, byte[] bytes) {
            this.uri = uri;
            this.headers = headers;
            this.bytes = bytes;
            this.body = new String(bytes, StandardCharsets.UTF_8);
        }
    }

    static final class Reply {

        final int status;
        final String body;
        final boolean ofInfluxDB;

        Reply(int status, String body) {
            this(status, body, true);
        }

        private Reply(int status, String body, boolean ofInfluxDB) {
            this.status = status;
            this.body = body;
            this.ofInfluxDB = ofInfluxDB;
        }

        /** The page of something that stands before the server. */
        static Reply ofProxy(int status, String page) {
            return new Reply(status, page, false);
        }

        /** An error as the server spells it. */
        static Reply error(int status, String text) {
            return new Reply(
                    status, "{\"error\":\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}\n");
        }
    }
}
