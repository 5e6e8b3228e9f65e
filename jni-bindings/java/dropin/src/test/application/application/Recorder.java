package application;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/** A server over a raw socket that writes down what it is asked, in a form that leaves out what says the same, and answers as told. */
public final class Recorder implements Closeable {

    private static final byte[] NO_CONTENT = "HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8);

    private static final long LIMIT_NANOS = 20_000_000_000L;

    private final ServerSocket server;
    private final List<String> requests = new ArrayList<>();
    private volatile Function<String, byte[]> reply = request -> NO_CONTENT;

    public Recorder() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "recorder");
        thread.setDaemon(true);
        thread.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** What came since the last time. */
    public List<String> requests() {
        synchronized (requests) {
            List<String> taken = new ArrayList<>(requests);
            requests.clear();
            return taken;
        }
    }

    /** What came since the last time, as soon as that is so much, or when it takes longer than anything does. */
    public List<String> requests(int count) throws InterruptedException {
        synchronized (requests) {
            long end = System.nanoTime() + LIMIT_NANOS;
            while (requests.size() < count && System.nanoTime() < end) {
                requests.wait(100);
            }
            return requests();
        }
    }

    public void answer(Function<String, byte[]> answer) {
        reply = answer;
    }

    public void answer(int status, String headers, String body) {
        answer(status, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    public void answer(int status, String headers, byte[] body) {
        byte[] bytes = reply(status, headers, body);
        reply = request -> bytes;
    }

    public void noContent() {
        reply = request -> NO_CONTENT;
    }

    public static byte[] reply(int status, String headers, byte[] body) {
        byte[] head = ("HTTP/1.1 " + status + " Word\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head);
        all.writeBytes(body);
        return all.toByteArray();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                daemon(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String line = line(in); line != null; line = line(in)) {
                String request = request(line, in);
                synchronized (requests) {
                    requests.add(request);
                    requests.notifyAll();
                }
                socket.getOutputStream().write(reply.apply(request));
                socket.getOutputStream().flush();
            }
        } catch (IOException | UncheckedIOException e) {
            // The client went away, or is to be left without an answer.
        }
    }

    private static String request(String line, InputStream in) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
            int colon = header.indexOf(':');
            headers.put(header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).trim());
        }
        byte[] body = "chunked".equals(headers.get("transfer-encoding"))
                ? chunks(in)
                : in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        StringBuilder seen = new StringBuilder(line.substring(0, line.lastIndexOf(' ')));
        int question = seen.indexOf("?");
        if (question >= 0) {
            String query = seen.substring(question + 1);
            seen.setLength(question);
            seen.append('?').append(parameters(query));
        }
        if ("gzip".equals(headers.get("content-encoding"))) {
            seen.append(" gzip");
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
        if (headers.containsKey("authorization")) {
            seen.append(" as ").append(headers.get("authorization"));
        }
        if (headers.getOrDefault("accept", "*/*").contains("msgpack") && !seen.toString().contains("/write")) {
            seen.append(" wants ").append(headers.get("accept"));
        }
        String text = new String(body, StandardCharsets.UTF_8);
        boolean form = headers.getOrDefault("content-type", "").contains("form");
        return seen.append(" [").append(form ? parameters(text) : text.replaceAll("\n$", "")).append(']').toString();
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new TreeMap<>();
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            parameters.put(
                    pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private static byte[] chunks(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            body.writeBytes(in.readNBytes(size));
            line(in);
        }
        line(in);
        return body.toByteArray();
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = in.read();
        if (b < 0) {
            return null;
        }
        while (b >= 0 && b != '\n') {
            if (b != '\r') {
                line.write(b);
            }
            b = in.read();
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
