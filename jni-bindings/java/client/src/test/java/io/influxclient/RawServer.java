package io.influxclient;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Answers each request with the bytes that a test gives, whether they are HTTP or not. */
final class RawServer implements AutoCloseable {

    static final String NO_CONTENT =
            "HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\nX-Influxdb-Build: OSS\r\n"
                    + "Request-Id: id-1\r\n\r\n";

    private final ServerSocket socket;
    private final Function<Request, String> handler;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> connections = new CopyOnWriteArrayList<>();

    /** A server; where the handler answers null, it closes the connection. */
    RawServer(Function<Request, String> handler) {
        this.handler = handler;
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    static RawServer replying(String reply) {
        return new RawServer(request -> reply);
    }

    static String json(int status, String body) {
        return "HTTP/1.1 " + status
                + " X\r\nContent-Type: application/json\r\nX-Influxdb-Version: 1.8.10\r\nRequest-Id: id-2\r\n"
                + "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    static String error(int status, String message) {
        return json(status, "{\"error\":\"" + message + "\"}");
    }

    String url() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    InfluxClientBuilder client() {
        return InfluxClient.builder(url()).database("db").retry(RetryPolicies.none());
    }

    List<Request> requests() {
        return requests;
    }

    /** Waits for something that other threads bring about. */
    static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain for " + what);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void daemon(Runnable code) {
        Thread thread = new Thread(code, "raw-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = socket.accept();
                connections.add(connection);
                daemon(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed at the end of the test.
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            for (Request request = Request.read(in); request != null; request = Request.read(in)) {
                requests.add(request);
                String reply = handler.apply(request);
                if (reply == null) {
                    return;
                }
                connection.getOutputStream().write(reply.getBytes(StandardCharsets.UTF_8));
                connection.getOutputStream().flush();
            }
        } catch (SocketException e) {
            // The client went away, or the test is over.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
            for (Socket connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request. */
    static final class Request {

        final String head;
        final byte[] body;

        private Request(String head, byte[] body) {
            this.head = head;
            this.body = body;
        }

        static Request read(InputStream in) throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int b = in.read();
                if (b < 0) {
                    return null;
                }
                head.write(b);
            }
            String text = head.toString(StandardCharsets.ISO_8859_1);
            int length = 0;
            for (String line : text.split("\r\n")) {
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    length = Integer.parseInt(line.substring(15).trim());
                }
            }
            return new Request(text, in.readNBytes(length));
        }

        /** The first line, decoded. */
        String line() {
            return URLDecoder.decode(head.substring(0, head.indexOf('\r')), StandardCharsets.UTF_8);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }
}
