package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.InvalidPointException;
import io.influxclient.LineProtocol;
import io.influxclient.PointBatch;
import io.influxclient.PointWriter;
import io.influxclient.Query;
import io.influxclient.WriteOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Texts on their way out: as they are in UTF-8, or refused; never changed and never cut. */
public class StringsTest {

    private static final String LONE = "a\uD83Db";
    private static final String[] UNPAIRED = {LONE, "\uD83D", "\uDE00", "\uDE00\uD83D", "ab\uD83D", "12345678\uDE00"};

    /** In each place where a text may stand: what arrives is what was given. */
    private static void arrives(String text, String expected) {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                PointBatch batch = PointBatch.create()) {
            batch.point("m" + text)
                    .tag("k" + text, "v" + text)
                    .field("f" + text, "s" + text)
                    .at(1);
            assertEquals(1, client.write(batch).points());
            String line =
                    "m" + expected + ",k" + expected + "=v" + expected + " f" + expected + "=\"s" + expected + "\" 1";
            assertEquals(line, server.lastBody().replace("\n", ""));
            assertEquals(1, client.write(LineProtocol.of(line)).points());
            assertEquals(line, server.lastBody().replace("\n", ""));
        }
    }

    @Test
    void theCharacterZeroIsOneByte() {
        arrives("\0", "\0");
        arrives("a\0b\0\0", "a\0b\0\0");
    }

    @Test
    void pairsOfSurrogatesAreOneCharacter() {
        arrives("\uD83D\uDE00", "😀");
        arrives("x\uD83D\uDE00y\uDBFF\uDFFFz\u00e9\u20ac\uFEFF\u2028", "x😀y\uDBFF\uDFFFzé€\uFEFF\u2028");
    }

    @Test
    void manyThousandCharactersAreNotCut() {
        for (String unit : new String[] {"a", "é", "€", "😀"}) {
            String text = unit.repeat(70_000);
            try (Server server = Server.storing();
                    InfluxClient client = server.client().build();
                    PointBatch batch = PointBatch.create()) {
                batch.point("m").field("f", text).at(1);
                assertEquals(1, client.write(batch).points());
                assertEquals("m f=\"" + text + "\" 1", server.lastBody().replace("\n", ""));
                // A key has 65,535 bytes at most: said with the point, and nothing is sent.
                batch.clear();
                batch.point("m").tag("k", text).field("f", 1L).at(1);
                InvalidPointException e = assertThrows(InvalidPointException.class, () -> client.write(batch));
                assertEquals(0, e.points().get(0).index());
                assertTrue(e.getMessage().length() < 1000, "the text is not in the message");
                assertEquals(1, server.requests());
            }
        }
    }

    @Test
    void aHundredThousandPointsAreOneCall() {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                PointBatch batch = PointBatch.create()) {
            for (int i = 0; i < 100_000; i++) {
                batch.point("m")
                        .tag("host", "h" + i % 100)
                        .field("v", (double) i)
                        .at(i);
            }
            assertEquals(100_000, client.write(batch).points());
            assertEquals(1, server.requests());
            assertEquals(100_000, server.lastBody().lines().count());
            // As many refusals do not overflow anything either.
            PointBatch refused = PointBatch.create();
            String tooLong = "x".repeat(65_536);
            for (int i = 0; i < 100; i++) {
                refused.point(tooLong).field("v", 1L).at(i);
            }
            InvalidPointException e = assertThrows(InvalidPointException.class, () -> client.write(refused));
            assertEquals(100, e.count());
            refused.close();
        }
    }

    /** Half of a pair has no UTF-8 form. It is refused wherever it may stand, because a replacement would be another text. */
    @Test
    void unpairedSurrogatesAreRefusedInPoints() {
        for (String text : UNPAIRED) {
            try (PointBatch batch = PointBatch.create()) {
                refused(() -> batch.point(text).field("v", 1L).at(1));
                refused(() -> batch.point("m").tag(text, "v"));
                refused(() -> batch.point("m").tag("k", text));
                refused(() -> batch.point("m").tag("k", new StringBuilder(text)));
                refused(() -> batch.point("m").field(text, 1L));
                refused(() -> batch.point("m").field("f", text));
                refused(() -> LineProtocol.of("m f=\"" + text + "\" 1"));
                assertEquals(0, batch.points());
                PointWriter good = batch.point("m").field("f", "x");
                good.at(1);
                assertEquals(1, batch.points(), "the batch goes on");
            }
        }
    }

    private static void refused(Executable code) {
        InvalidPointException e = assertThrows(InvalidPointException.class, code);
        assertTrue(e.getMessage().contains("surrogate"), e::getMessage);
    }

    @Test
    void unpairedSurrogatesAreRefusedInLinesOfAWriter() {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().linger(Duration.ZERO).start()) {
            for (String text : UNPAIRED) {
                refused(() -> writer.pushLines("m f=\"" + text + "\" 1"));
            }
            writer.flush();
            assertEquals(0, server.requests());
        }
    }

    /** A name with a question mark in place of a character would be the name of another database, user or password. */
    @Test
    void unpairedSurrogatesAreRefusedInNamesQueriesAndSecrets() {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build();
                PointBatch batch = PointBatch.create()) {
            batch.point("m").field("v", 1L).at(1);
            for (String text : UNPAIRED) {
                Executable[] calls = {
                    () -> server.client().database(text).build(),
                    () -> server.client().retentionPolicy(text).build(),
                    () -> server.client().basicAuth(text, "p").build(),
                    () -> server.client().basicAuth("u", text).build(),
                    () -> server.client().token(text.toCharArray()).build(),
                    () -> server.client().userAgent(text).build(),
                    () -> client.write(batch, WriteOptions.defaults().database(text)),
                    () -> client.write(batch, WriteOptions.defaults().retentionPolicy(text)),
                    () -> client.query("SELECT '" + text + "'"),
                    () -> client.query(Query.of("SHOW DATABASES").database(text)),
                    () -> client.query(Query.of("SELECT $x").bind("x", text)),
                    () -> client.query(Query.of("SELECT $x").bind(text, 1)),
                    () -> client.batchWriter().database(text).start()
                };
                for (int i = 0; i < calls.length; i++) {
                    int number = i;
                    Throwable e = assertThrows(IllegalArgumentException.class, calls[i], () -> "call " + number);
                    assertTrue(String.valueOf(e.getMessage()).contains("surrogate"), () -> number + ": " + e);
                }
            }
            assertEquals(0, server.requests(), "nothing of all that was sent");
            batch.clear();
        }
    }
}
