package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.Advice;
import io.influxclient.Outcome;
import io.influxclient.WriteException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that OkHttp, or an interceptor of the application's, sends more than once or changes on the way. */
class InterceptedWritesTest {

    private static final String FIRST = "m v=1 1";
    private static final String SECOND = "m v=2 2";
    private static final String WITHOUT_TIME = "m v=2";

    private CannedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new CannedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private InfluxDB connect(Interceptor interceptor) {
        return connect(new OkHttpClient.Builder().addInterceptor(interceptor));
    }

    private InfluxDB connect(OkHttpClient.Builder settings) {
        return InfluxDBFactory.connect(server.url(), "user", "word", settings).setDatabase("db");
    }

    private static void write(InfluxDB client, String line) {
        client.write("db", "rp", ConsistencyLevel.ONE, line);
    }

    private long timesSent(String line) {
        return server.requests().stream()
                .filter(request -> request.body.trim().equals(line))
                .count();
    }

    /** Reads the first request with a second point, closes its connection, and answers so from then on. */
    private void loseThenAnswer(Function<CannedServer.Request, CannedServer.Reply> answer) {
        server.answer(request -> {
            if (request.body.startsWith(FIRST)) {
                return new CannedServer.Reply(204, "");
            }
            if (timesSent(request.body.trim()) == 1) {
                throw new IllegalStateException("no answer");
            }
            return answer.apply(request);
        });
    }

    private static WriteException typed(InfluxDBException failure) {
        Throwable cause = failure;
        while (!(cause instanceof WriteException)) {
            cause = cause.getCause();
        }
        return (WriteException) cause;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "503; request throttled, queue full; UNKNOWN",
                "404; database not found: db; UNKNOWN",
                "500; meta service unavailable; UNKNOWN",
                "401; authorization failed; UNKNOWN",
                "400; unable to parse 'm v=2 2': bad; PARTLY_STORED",
                "400; partial write: points beyond retention policy dropped=1; PARTLY_STORED",
                "500; partial write; BELOW_LEVEL",
                "500; write failed: hinted handoff queue not empty; DEFERRED"
            })
    void whatWasSentBeforeMayBeStored(int status, String text, Outcome outcome) {
        loseThenAnswer(request -> CannedServer.Reply.error(status, text));
        try (InfluxDB client = server.client(true)) {
            write(client, FIRST);
            InfluxDBException failure = assertThrows(InfluxDBException.class, () -> write(client, SECOND));
            assertEquals(2, timesSent(SECOND));
            assertEquals(outcome, typed(failure).outcome());
            assertEquals(0, typed(failure).tally().notStored());
            assertEquals(1, typed(failure).tally().total());
            assertEquals(text, failure.getMessage());
            if (outcome == Outcome.UNKNOWN) {
                assertEquals(Advice.RESEND, typed(failure).advice());
                assertTrue(failure.isRetryWorth());
                assertEquals(status, typed(failure).status().orElseThrow());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"m v=2 2, RESEND", "m v=2, STAMP_FIRST"})
    void whatAnInterceptorSentBeforeMayBeStored(String line, Advice advice) {
        server.answer(request -> server.requests().size() == 1
                ? CannedServer.Reply.error(500, "timeout")
                : CannedServer.Reply.error(503, "request throttled, queue full"));
        Interceptor again = chain -> {
            chain.proceed(chain.request()).close();
            return chain.proceed(chain.request());
        };
        try (InfluxDB client = connect(again)) {
            WriteException failure = typed(assertThrows(InfluxDBException.class, () -> write(client, line)));
            assertEquals(2, server.requests().size());
            assertEquals(Outcome.UNKNOWN, failure.outcome());
            assertEquals(advice, failure.advice());
            assertEquals(1, failure.tally().unknown());
        }
    }

    @Test
    void anInterceptorThatOnlyReadsTheBodyLeavesNothingOpen() {
        server.answer(404, "{\"error\":\"database not found: \\\"db\\\"\"}");
        OkHttpClient.Builder settings = new OkHttpClient.Builder()
                .addInterceptor(InterceptedWritesTest::read)
                .addNetworkInterceptor(InterceptedWritesTest::read);
        try (InfluxDB client = connect(settings)) {
            InfluxDBException failure = assertThrows(InfluxDBException.class, () -> write(client, SECOND));
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
        }
    }

    private static Response read(Interceptor.Chain chain) throws IOException {
        chain.request().body().writeTo(new Buffer());
        return chain.proceed(chain.request());
    }

    @Test
    void pointsWithoutTimesAreNotSentTwice() {
        loseThenAnswer(request -> new CannedServer.Reply(204, ""));
        // One that puts a body of its own in the place of the client's changes nothing about that.
        Interceptor other = chain -> chain.proceed(chain.request()
                .newBuilder()
                .post(RequestBody.create(text(chain.request().body()), null))
                .build());
        for (Interceptor interceptor : List.<Interceptor>of(chain -> chain.proceed(chain.request()), other)) {
            server.requests().clear();
            try (InfluxDB client = connect(interceptor)) {
                write(client, FIRST);
                InfluxDBException failure = assertThrows(InfluxDBException.class, () -> write(client, WITHOUT_TIME));
                assertEquals(1, timesSent(WITHOUT_TIME));
                assertEquals(Outcome.UNKNOWN, typed(failure).outcome());
                assertEquals(Advice.STAMP_FIRST, typed(failure).advice());
            }
        }
    }

    @Test
    void pointsWithTimesAreSentAgain() {
        loseThenAnswer(request -> new CannedServer.Reply(204, ""));
        try (InfluxDB client = server.client(true)) {
            write(client, FIRST);
            assertDoesNotThrow(() -> write(client, SECOND));
            assertEquals(2, timesSent(SECOND));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SECOND, WITHOUT_TIME})
    void anAuthenticatorIsAskedWhateverThePoints(String line) {
        server.answer(request -> request.headers.containsKey("X-token")
                ? new CannedServer.Reply(204, "")
                : CannedServer.Reply.error(401, "authorization failed"));
        OkHttpClient.Builder settings = new OkHttpClient.Builder()
                .authenticator((route, response) ->
                        response.request().newBuilder().header("X-Token", "7").build());
        try (InfluxDB client = connect(settings)) {
            assertDoesNotThrow(() -> write(client, line));
            server.answer(request -> request.headers.containsKey("X-token")
                    ? CannedServer.Reply.error(404, "database not found: \"db\"")
                    : CannedServer.Reply.error(401, "authorization failed"));
            InfluxDBException failure = assertThrows(InfluxDBException.class, () -> write(client, line));
            // The server turned the first one away, so all that was sent is answered.
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
            assertEquals(4, timesSent(line));
        }
    }

    @Test
    void interceptorsSeePlainTextAndNoCredentials() {
        List<String> seen = new CopyOnWriteArrayList<>();
        Interceptor adding = chain -> {
            seen.add(chain.request().header("Authorization") + " "
                    + chain.request().header("Content-Encoding"));
            if (chain.request().body() == null) {
                return chain.proceed(chain.request());
            }
            String lines = text(chain.request().body());
            seen.add(lines);
            return chain.proceed(chain.request()
                    .newBuilder()
                    .header("Authorization", "of an interceptor")
                    .post(RequestBody.create(lines + "\nadded n=1 1", null))
                    .build());
        };
        try (InfluxDB client = connect(adding).enableGzip()) {
            write(client, SECOND);
            client.ping();
            assertEquals(List.of("null null", SECOND, "null null"), seen);
            CannedServer.Request written = server.requests().get(0);
            assertEquals(List.of("gzip"), written.headers.get("Content-encoding"));
            assertEquals(SECOND + "\nadded n=1 1", unzipped(written.bytes));
            server.requests()
                    .forEach(request -> assertEquals(
                            List.of(Credentials.of("user", "word").basic()), request.headers.get("Authorization")));
        }
    }

    @Test
    void gzipLeavesOpenOnlyWhatWasSent() {
        try (InfluxDB client = server.client(true).enableGzip()) {
            server.close();
            InfluxDBException failure = assertThrows(InfluxDBException.class, () -> write(client, SECOND));
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
        }
        assertFalse(server.requests().iterator().hasNext());
    }

    private static String text(RequestBody body) throws IOException {
        Buffer text = new Buffer();
        body.writeTo(text);
        return text.readUtf8();
    }

    private static String unzipped(byte[] bytes) {
        try (GZIPInputStream plain = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return new String(plain.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
