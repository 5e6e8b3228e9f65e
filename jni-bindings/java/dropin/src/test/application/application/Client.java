package application;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.Point;
import org.influxdb.dto.QueryResult;

/** What the scenarios with a server share. */
abstract class Client {

    /** A seed for clients with an interceptor, and so with OkHttp below. */
    static final long INTERCEPTED = 1;

    /** As long as anything takes that happens at all. */
    private static final long LIMIT_SECONDS = 20;

    final Recorder server;
    final Trace trace;
    private final boolean intercepted;

    Client(long seed) throws Exception {
        server = new Recorder();
        trace = new Trace(seed);
        intercepted = seed == INTERCEPTED;
    }

    interface Use {
        Object with(InfluxDB client) throws Exception;
    }

    OkHttpClient.Builder settings() {
        OkHttpClient.Builder settings = new OkHttpClient.Builder();
        return intercepted ? settings.addInterceptor(chain -> chain.proceed(chain.request())) : settings;
    }

    InfluxDB connect() {
        return connect(InfluxDB.ResponseFormat.JSON);
    }

    InfluxDB connect(InfluxDB.ResponseFormat format) {
        return InfluxDBFactory.connect(server.url(), "user", "pass:word", settings(), format);
    }

    void step(String name, Use use) {
        step(name, InfluxDB.ResponseFormat.JSON, use);
    }

    /** What came of it, and what the server was asked meanwhile. */
    void step(String name, InfluxDB.ResponseFormat format, Use use) {
        trace.step(name, () -> {
            server.requests();
            String seen;
            try (InfluxDB client = connect(format)) {
                try {
                    seen = ">> " + use.with(client);
                } catch (Exception e) {
                    seen = "!! " + failure(e);
                }
            }
            return seen + " " + server.requests();
        });
    }

    static String failure(Throwable e) {
        if (e instanceof NullPointerException) {
            return "NullPointerException";
        }
        String worth = e instanceof InfluxDBException ? " retry " + ((InfluxDBException) e).isRetryWorth() : "";
        String text = e instanceof java.io.IOException || e.getCause() instanceof java.io.IOException
                ? root(e).getClass().getSimpleName()
                : e.getMessage();
        return e.getClass().getName() + ": " + text + worth;
    }

    /** The exception that programs look for in that of a connection. */
    private static Throwable root(Throwable e) {
        return e instanceof java.io.IOException ? e : e.getCause();
    }

    static Point point(long millis) {
        return Point.measurement("m")
                .tag("h", "a b")
                .addField("v", millis)
                .time(millis, TimeUnit.MILLISECONDS)
                .build();
    }

    static String shown(QueryResult result) {
        StringBuilder shown = new StringBuilder().append(result);
        if (result != null && result.getResults() != null) {
            for (QueryResult.Result statement : result.getResults()) {
                List<QueryResult.Series> all = statement.getSeries();
                for (QueryResult.Series series : all == null ? new ArrayList<QueryResult.Series>() : all) {
                    types(series.getValues(), shown);
                }
            }
        }
        return shown.toString();
    }

    private static void types(List<List<Object>> rows, StringBuilder shown) {
        for (List<Object> row : rows == null ? new ArrayList<List<Object>>() : rows) {
            for (Object value : row) {
                shown.append(' ').append(value == null ? "null" : value.getClass().getSimpleName());
            }
        }
    }

    /** What is heard in other threads, until somebody says that it was the last. */
    static final class Heard {

        private final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        void next(QueryResult result) {
            all.add(shown(result));
        }

        void failed(Throwable failure) {
            all.add("failed " + failure(failure));
        }

        void say(String word) {
            all.add(word);
        }

        /** So many things, in order; those that came. */
        List<String> take(int count) throws InterruptedException {
            List<String> heard = new ArrayList<>();
            while (heard.size() < count) {
                String one = all.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
                if (one == null) {
                    heard.add("nothing more");
                    return heard;
                }
                heard.add(one);
            }
            return heard;
        }
    }
}
