package io.influxclient.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A server that reads every request to its end and answers 204, in a process of its own.
 *
 * <p>It looks at no point, so that what is measured is the client.
 */
public final class Sink {
    private static final byte[] ANSWER =
            "HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private Sink() {}

    /**
     * Starts the server, prints its port and serves until its standard input ends.
     *
     * @param arguments none
     * @throws IOException if there is no port to listen on
     */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress())) {
            System.out.println(server.getLocalPort());
            Thread acceptor = new Thread(() -> accept(server), "acceptor");
            acceptor.setDaemon(true);
            acceptor.start();
            // Ends with whoever started it, however that ends.
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static void accept(ServerSocket server) {
        while (true) {
            try {
                Socket socket = server.accept();
                Thread connection = new Thread(() -> serve(socket), "connection");
                connection.setDaemon(true);
                connection.start();
            } catch (IOException closed) {
                return;
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 18);
            OutputStream out = socket.getOutputStream();
            byte[] scratch = new byte[1 << 18];
            while (request(in, scratch)) {
                out.write(ANSWER);
            }
        } catch (IOException gone) {
            // The client has closed the connection.
        }
    }

    private static boolean request(InputStream in, byte[] scratch) throws IOException {
        String line = line(in);
        if (line == null) {
            return false;
        }
        long length = 0;
        boolean chunked = false;
        while (!(line = line(in)).isEmpty()) {
            String header = line.toLowerCase(Locale.ROOT);
            if (header.startsWith("content-length:")) {
                length = Long.parseLong(header.substring(15).trim());
            }
            chunked |= header.startsWith("transfer-encoding:") && header.contains("chunked");
        }
        if (!chunked) {
            skip(in, length, scratch);
            return true;
        }
        while ((length = Long.parseLong(line(in), 16)) > 0) {
            skip(in, length + 2, scratch);
        }
        line(in);
        return true;
    }

    private static void skip(InputStream in, long length, byte[] scratch) throws IOException {
        while (length > 0) {
            int read = in.read(scratch, 0, (int) Math.min(length, scratch.length));
            if (read < 0) {
                throw new IOException("the body ends early");
            }
            length -= read;
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int octet;
        while ((octet = in.read()) >= 0) {
            if (octet == '\n') {
                return line.toString();
            }
            if (octet != '\r') {
                line.append((char) octet);
            }
        }
        return null;
    }
}
