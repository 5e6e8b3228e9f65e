package application;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;

/** What a program learns when three points are written and the server gives one answer or another. */
public final class Answers {

    private static final String LINES = "m v=1 1\nm v=2 2\nm v=3 3";

    private Answers() {
    }

    /**
     * Writes and tells the exception: its class, whether a retry is said to be worth it, and, where the exception
     * knows,
     * the class of its cause and what became of the points.
     *
     * @param status the status of the answer, 0 for none
     * @param text the server's text: a page or the throttle's words are sent as they are, any other as JSON; without an
     *     answer how the connection fares
     */
    public static String to(final int status, final String text) throws IOException {
        try (Recorder server = new Recorder()) {
            boolean bare = text.startsWith("<") || status == 503 && text.startsWith("request throttled");
            String body = bare ? text : "{\"error\":\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}\n";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            String type = bare ? "Content-Type: text/plain\r\n" : "Content-Type: application/json\r\n";
            byte[] reply = status == 0 ? new byte[0] : Recorder.reply(status, type, bytes);
            server.answer(request -> {
                if (text.equals("connection closed")) {
                    throw new UncheckedIOException(new IOException(text));
                }
                return reply;
            });
            String url = text.equals("connection refused") ? "http://127.0.0.1:1" : server.url();
            OkHttpClient.Builder settings = new OkHttpClient.Builder();
            if (status == 0) {
                settings.readTimeout(500, TimeUnit.MILLISECONDS);
            }
            try (InfluxDB client = InfluxDBFactory.connect(url, settings)) {
                client.write("db", "rp", ConsistencyLevel.QUORUM, LINES);
                return "nothing|-|-|-";
            } catch (InfluxDBException e) {
                return e.getClass().getSimpleName() + "|" + (e.isRetryWorth() ? "yes" : "no") + "|" + cause(e);
            }
        }
    }

    /** The typed exception in the chain of causes, if there is one. */
    private static String cause(final Throwable e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause.getClass().getName().startsWith("io.influxclient.")) {
                try {
                    return cause.getClass().getSimpleName() + "|" + cause.getClass().getMethod("outcome").invoke(cause);
                } catch (ReflectiveOperationException noOutcome) {
                    return cause.getClass().getSimpleName() + "|-";
                }
            }
        }
        return "-|-";
    }
}
