package org.influxdb.impl;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB.LogLevel;

/**
 * Logs requests and replies of another transport, in the form and by the logger that programs of influxdb-java have
 * set up. Credentials and passwords in statements are left out.
 */
final class LoggingTransport implements Transport {

    private static final Logger LOG = Logger.getLogger(OkHttpClient.class.getName());

    /** A quoted text behind the word, in InfluxQL or in a form of it. */
    private static final Pattern PASSWORD = Pattern.compile(
            "(password(?:\\s|\\+|%20|=|%3D|for|\"[^\"]*\"|%22[^%]*%22|[\\w.-])*?)('(?:[^'\\\\]|\\\\.)*'|%27.*?%27)",
            Pattern.CASE_INSENSITIVE);

    private final Transport transport;
    private final HttpUrl server;
    private volatile LogLevel level = LogLevel.NONE;

    LoggingTransport(Transport transport, HttpUrl server) {
        this.transport = transport;
        this.server = server;
    }

    void setLevel(LogLevel level) {
        this.level = level;
    }

    static String withoutPasswords(String text) {
        Matcher password = PASSWORD.matcher(text);
        return password.replaceAll("$1[REDACTED]");
    }

    @Override
    public void write(LineWrite write) {
        LogLevel now = level;
        if (now == LogLevel.NONE) {
            transport.write(write);
            return;
        }
        String url = server + "write?" + write.query();
        begin(now, "POST", url, write.lines, HttpCall.TEXT);
        long begin = System.nanoTime();
        try {
            transport.write(write);
        } catch (RuntimeException e) {
            LOG.info("<-- FAILED: " + e);
            throw e;
        }
        LOG.info("<-- 204 " + url + " (" + millisSince(begin) + "ms, 0-byte body)");
    }

    @Override
    public Exchange open(HttpCall call) throws IOException {
        LogLevel now = level;
        if (now == LogLevel.NONE) {
            return transport.open(call);
        }
        String url = withoutPasswords(call.url(server).toString());
        begin(now, call.method, url, call.body, call.contentType);
        long begin = System.nanoTime();
        Exchange reply;
        try {
            reply = transport.open(call);
        } catch (IOException e) {
            LOG.info("<-- HTTP FAILED: " + e);
            throw e;
        }
        boolean read = false;
        try {
            String line = "<-- " + reply.status() + " " + reply.message() + " " + url;
            Exchange logged = logged(now, reply, line + " (" + millisSince(begin) + "ms");
            read = true;
            return logged;
        } finally {
            if (!read) {
                reply.close();
            }
        }
    }

    private static void begin(LogLevel level, String method, String url, byte[] body, String type) {
        String line = "--> " + method + " " + url;
        if (level == LogLevel.BASIC) {
            LOG.info(body == null ? line : line + " (" + body.length + "-byte body)");
            return;
        }
        LOG.info(line);
        if (body != null) {
            LOG.info("Content-Type: " + type);
            LOG.info("Content-Length: " + body.length);
            if (level == LogLevel.FULL) {
                LOG.info("");
                LOG.info(withoutPasswords(new String(body, StandardCharsets.UTF_8)));
            }
        }
        LOG.info("--> END " + method);
    }

    private static Exchange logged(LogLevel level, Exchange reply, String line) throws IOException {
        String length = reply.header("Content-Length");
        if (level == LogLevel.BASIC) {
            LOG.info(line + ", " + (length == null ? "unknown-length" : length + "-byte") + " body)");
            return reply;
        }
        LOG.info(line + ")");
        for (String name : new String[] {"Content-Type", "Content-Length", "X-Influxdb-Version", "Request-Id"}) {
            if (reply.header(name) != null) {
                LOG.info(name + ": " + reply.header(name));
            }
        }
        Exchange read = reply;
        if (level == LogLevel.FULL) {
            byte[] body = reply.body().readAllBytes();
            LOG.info("");
            LOG.info(new String(body, StandardCharsets.UTF_8));
            read = new ReadExchange(reply, body);
        }
        LOG.info("<-- END HTTP");
        return read;
    }

    private static long millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1_000_000;
    }

    @Override
    public void close() {
        transport.close();
    }

    /** A reply whose body was read to be logged. */
    private static final class ReadExchange implements Exchange {

        private final Exchange reply;
        private final InputStream body;

        ReadExchange(Exchange reply, byte[] body) {
            this.reply = reply;
            this.body = new ByteArrayInputStream(body);
        }

        @Override
        public int status() {
            return reply.status();
        }

        @Override
        public String message() {
            return reply.message();
        }

        @Override
        public String header(String name) {
            return reply.header(name);
        }

        @Override
        public InputStream body() {
            return body;
        }

        @Override
        public void cancel() {
            reply.cancel();
        }

        @Override
        public void close() {
            reply.close();
        }
    }
}
