package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Questions, and what is read from answers. */
@Timeout(60)
class QueryTest {

    private static final String ROWS =
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"tags\":{\"host\":\"a\"},"
                    + "\"columns\":[\"time\",\"f\",\"i\",\"s\",\"b\",\"n\",\"u\"],\"values\":["
                    + "[1600000000000000001,1.5,9223372036854775807,\"ä\",true,null,18446744073709551615],"
                    + "[-1,2,-1,\"\",false,null,0]]}],"
                    + "\"messages\":[{\"level\":\"warning\",\"text\":\"deprecated\"}]}]}";

    @Test
    void rowsAreTypedAndExact() throws Exception {
        try (RawServer server = RawServer.replying(RawServer.json(200, ROWS));
                InfluxClient client = server.client().build()) {
            QueryResult result = client.query("SELECT * FROM cpu GROUP BY host");
            assertEquals(
                    "GET /query?q=SELECT * FROM cpu GROUP BY host&db=db&epoch=n HTTP/1.1",
                    server.requests().get(0).line());
            assertEquals("1.8.10", result.serverVersion().orElseThrow());
            assertEquals("id-2", result.requestId().orElseThrow());
            StatementResult statement = result.statements().get(0);
            assertEquals(0, statement.statement().orElseThrow());
            assertEquals("warning: deprecated", statement.messages().get(0).toString());
            Series series = result.series().get(0);
            assertEquals("cpu", series.name());
            assertEquals(Map.of("host", "a"), series.tags());
            Row row = series.rows().get(0);
            assertEquals(Instant.ofEpochSecond(1_600_000_000, 1), row.time());
            assertEquals(1.5, row.getDouble("f"));
            assertEquals(Long.MAX_VALUE, row.getLong("i"));
            assertEquals("ä", row.getString("s"));
            assertTrue(row.getBoolean("b"));
            assertTrue(row.isNull("n"));
            assertNull(row.get(5));
            assertEquals(new BigInteger("18446744073709551615"), row.get("u"));
            Row second = result.rows().get(1);
            assertEquals(2.0, second.getDouble("f"), "a whole number has no point in an answer");
            assertEquals(Instant.ofEpochSecond(0, -1), second.time());
            assertThrows(IllegalArgumentException.class, () -> row.getLong("missing"));
            for (Runnable misfit : List.<Runnable>of(
                    () -> row.getLong("f"),
                    () -> row.getLong("n"),
                    () -> row.getLong("u"),
                    () -> row.getString("i"),
                    () -> row.getBoolean("s"),
                    () -> row.getDouble("s"),
                    () -> row.getTime("s"))) {
                assertEquals(
                        "Row", assertThrows(QueryException.class, misfit::run).kind());
            }
            assertThrows(
                    UnsupportedOperationException.class, () -> series.rows().clear());
            assertThrows(
                    UnsupportedOperationException.class, () -> series.columns().clear());
            assertEquals(
                    2,
                    client.queryAsync(Query.of("q"))
                            .get(20, TimeUnit.SECONDS)
                            .rows()
                            .size());
        }
    }

    @Test
    void valuesAreBoundAndNotPutIntoTheText() {
        try (RawServer server = RawServer.replying(RawServer.json(200, ROWS));
                InfluxClient client = server.client().build()) {
            Query query = Query.of("SELECT f FROM cpu WHERE s = $s")
                    .database("other")
                    .retentionPolicy("rp")
                    .epoch(Precision.MILLISECONDS)
                    .bind("s", "' OR 1=1 \"€")
                    .bind("i", Long.MIN_VALUE)
                    .bind("f", 0.5)
                    .bind("b", true)
                    .chunked(10);
            client.query(query);
            String line = server.requests().get(0).line();
            assertTrue(
                    line.startsWith("GET /query?q=SELECT f FROM cpu WHERE s = $s&db=other&rp=rp&epoch=ms&chunked=true"
                            + "&chunk_size=10&params={"),
                    line);
            assertTrue(
                    line.contains("\"s\":\"' OR 1=1 \\\"€\"")
                            && line.contains("\"i\":-9223372036854775808")
                            && line.contains("\"f\":0.5")
                            && line.contains("\"b\":true"),
                    line);
            client.query(Query.of("SELECT 1").post());
            assertTrue(server.requests().get(1).line().startsWith("POST"));
            client.query("CREATE DATABASE x");
            assertTrue(server.requests().get(2).line().startsWith("POST"), "what changes something");
            client.query(Query.of("CREATE DATABASE x").get());
            assertTrue(server.requests().get(3).line().startsWith("GET"));
            assertThrows(IllegalArgumentException.class, () -> Query.of("q").bind("x", Double.NaN));
            assertThrows(IllegalArgumentException.class, () -> Query.of("q").chunked(0));
            assertFalse(query.toString().contains("OR 1=1"));
        }
    }

    @Test
    void theErrorOfOneStatementIsThrownWithWhatTheOthersGave() {
        String body =
                "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"v\"],\"values\":[[1]]}]},"
                        + "{\"statement_id\":1,\"error\":\"database not found: x\"}]}";
        try (RawServer server = RawServer.replying(RawServer.json(200, body));
                InfluxClient client = server.client().build()) {
            QueryException error = assertThrows(QueryException.class, () -> client.query("a; b"));
            assertEquals("Statement", error.kind());
            assertEquals(WriteClass.NOT_FOUND, error.errorClass());
            assertEquals(1, error.statement().orElseThrow());
            assertEquals("database not found: x", error.serverMessage().orElseThrow());
            assertEquals(1, error.result().orElseThrow().rows().get(0).getLong("v"));
            assertTrue(error.result().get().statements().get(1).failure().isPresent());
        }
    }

    @Test
    void aQueryThatFailsAsAWholeTellsItsClass() {
        try (RawServer server = RawServer.replying(RawServer.error(400, "error parsing query: found X"));
                InfluxClient client = server.client().build()) {
            QueryException error = assertThrows(QueryException.class, () -> client.query("X"));
            assertEquals("Refused", error.kind());
            assertEquals(WriteClass.REFUSED, error.errorClass());
            assertEquals(400, error.status().orElseThrow());
            assertEquals(server.url(), error.endpoint().orElseThrow());
        }
        try (RawServer server = RawServer.replying(RawServer.json(200, "<html>"));
                InfluxClient client = server.client().build()) {
            assertEquals(
                    "Unexpected",
                    assertThrows(QueryException.class, () -> client.query("q")).kind());
        }
        String truncated =
                "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"v\"],\"values\":[[1]],"
                        + "\"partial\":true}]}]}";
        try (RawServer server = RawServer.replying(RawServer.json(200, truncated));
                InfluxClient client = server.client().build()) {
            QueryException error = assertThrows(QueryException.class, () -> client.query("q"));
            assertEquals("Truncated", error.kind());
            assertTrue(error.result().orElseThrow().statements().get(0).isTruncated());
        }
        try (RawServer server = RawServer.replying(RawServer.json(200, ROWS));
                InfluxClient client = server.client().answerLimit(100).build()) {
            assertEquals(
                    "AnswerTooLarge",
                    assertThrows(QueryException.class, () -> client.query("q")).kind());
        }
    }

    private static String chunk(long value, boolean more) {
        String document =
                "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"v\"],\"values\":[["
                        + value + "]],\"partial\":" + more + "}],\"partial\":" + more + "}]}\n";
        return Integer.toHexString(document.length()) + "\r\n" + document + "\r\n";
    }

    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void aStreamGivesChunksAsTheyAreTaken() {
        StringBuilder reply = new StringBuilder(CHUNKED);
        for (int i = 0; i < 500; i++) {
            reply.append(chunk(i, i < 499));
        }
        reply.append("0\r\n\r\n");
        try (RawServer server = RawServer.replying(reply.toString());
                InfluxClient client = server.client().build();
                QueryStream stream = client.stream(Query.of("SELECT v FROM m"))) {
            long next = 0;
            while (stream.hasNext()) {
                QueryChunk chunk = stream.next();
                assertEquals(0, chunk.statement());
                assertEquals(next++, chunk.series().get(0).rows().get(0).getLong("v"));
            }
            assertEquals(500, next);
            assertThrows(NoSuchElementException.class, stream::next);
            String line = server.requests().get(0).line();
            assertTrue(line.contains("chunked=true&chunk_size=10000"), line);
        }
    }

    @Test
    void aStreamKeepsItsClient() {
        StringBuilder reply = new StringBuilder(CHUNKED);
        for (int i = 0; i < 100; i++) {
            reply.append(chunk(i, i < 99));
        }
        reply.append("0\r\n\r\n");
        try (RawServer server = RawServer.replying(reply.toString())) {
            InfluxClient built = server.client().build();
            WeakReference<InfluxClient> client = new WeakReference<>(built);
            try (QueryStream stream = built.stream(Query.of("q"))) {
                Reference.reachabilityFence(built);
                // From now on the stream alone keeps it.
                built = null;
                int chunks = 0;
                while (stream.hasNext()) {
                    stream.next();
                    chunks++;
                    if (chunks % 30 == 1) {
                        System.gc();
                        assertNotNull(client.get(), "after chunk " + chunks);
                    }
                }
                assertEquals(100, chunks);
            }
        }
    }

    @Test
    void aStreamThatIsCutEndsWithAnErrorAndErrorsStandInTheirPlace() {
        try (RawServer server = RawServer.replying(RawServer.json(
                        200,
                        "{\"results\":[{\"statement_id\":0,\"series\":"
                                + "[{\"name\":\"m\",\"columns\":[\"v\"],\"values\":[[1]]}]}]}\n"
                                + "{\"results\":[{\"statement_id\":1,\"error\":\"timeout\"}]}\n"
                                + "{\"results\":[{\"statement_id\":2,\"series\":"
                                + "[{\"name\":\"n\",\"columns\":[\"v\"],\"values\":[[3]]}]}]}"));
                InfluxClient client = server.client().build();
                QueryStream stream = client.stream(Query.of("q"))) {
            assertEquals("m", stream.next().series().get(0).name());
            QueryException error = assertThrows(QueryException.class, stream::next);
            assertEquals(1, error.statement().orElseThrow());
            assertEquals("n", stream.next().series().get(0).name());
            assertFalse(stream.hasNext());
        }
        try (RawServer server = new RawServer(request -> CHUNKED + chunk(1, true) + "ffff\r\n{\"resu");
                InfluxClient client = server.client().build();
                QueryStream stream = client.stream(Query.of("q").deadline(Duration.ofSeconds(3)))) {
            stream.next();
            assertEquals(
                    "NoAnswer", assertThrows(QueryException.class, stream::next).kind());
            assertFalse(stream.hasNext());
        }
    }

    @Test
    void aStreamCanBeClosedInterruptedAndForgotten() {
        try (RawServer server = new RawServer(request -> CHUNKED + chunk(1, true))) {
            InfluxClient client = server.client().build();
            QueryStream closed = client.stream(Query.of("q"));
            closed.next();
            closed.close();
            closed.close();
            assertFalse(closed.hasNext());
            QueryStream interrupted = client.stream(Query.of("q"));
            interrupted.next();
            Thread.currentThread().interrupt();
            assertEquals(
                    "Interrupted",
                    assertThrows(QueryException.class, interrupted::next).kind());
            assertTrue(Thread.interrupted());
            assertFalse(interrupted.hasNext());
            QueryStream open = client.stream(Query.of("q"));
            open.next();
            client.close();
            assertEquals(
                    "Interrupted",
                    assertThrows(QueryException.class, open::next).kind(),
                    "the client was closed");
        }
    }

    @Test
    void everyEndpointIsPinged() {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT);
                RawServer bad = RawServer.replying("HTTP/1.1 500 X\r\n" + "Content-Length: 0\r\n\r\n");
                InfluxClient client =
                        InfluxClient.builder(server.url(), bad.url()).build()) {
            List<Pong> pongs = client.ping();
            assertTrue(pongs.get(0).isGood());
            assertEquals("1.8.10", pongs.get(0).version().orElseThrow());
            assertTrue(pongs.get(0).latency().orElseThrow().toNanos() > 0);
            assertFalse(pongs.get(1).isGood());
            assertTrue(pongs.get(1).error().orElseThrow().contains("500"));
            assertEquals(bad.url(), pongs.get(1).endpoint());
        }
    }
}
