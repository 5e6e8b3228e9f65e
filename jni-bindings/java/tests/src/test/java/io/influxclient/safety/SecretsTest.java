package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.InfluxClientBuilder;
import io.influxclient.LineProtocol;
import io.influxclient.Query;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicies;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A password and a token that are put through every way to fail show up in nothing that anybody could read. */
public class SecretsTest {

    private static final String USER = "operator";
    private static final String[] CANARIES = {"S3cr3t-Canary-%40", "C4nary@:/?#%&+ \u00fc\u20ac\"'"};

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Logger logger = Logger.getLogger("");
    private final Level before = logger.getLevel();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            said.add(String.valueOf(entry.getMessage()));
            if (entry.getThrown() != null) {
                say(entry.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        handler.setLevel(Level.ALL);
        logger.setLevel(Level.ALL);
        logger.addHandler(handler);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setLevel(before);
    }

    private void say(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        said.add(text.toString());
    }

    private void fails(Executable code) {
        say(assertThrows(Throwable.class, code));
    }

    @Test
    void neitherPasswordNorTokenIsEverShown() {
        List<String> forms = new ArrayList<>();
        for (String canary : CANARIES) {
            forms.addAll(forms(canary));
            try (Server server = new Server(body -> Server.error(401, "authorization failed"))) {
                drive(() -> server.client().basicAuth(USER, canary));
                drive(() -> server.client().basicAuth(USER, canary.toCharArray()));
                drive(() -> server.client().basicAuth("with:colon", canary));
            }
            try (Server server = new Server(body -> "rubbish\r\n\r\n")) {
                drive(() -> server.client().basicAuth(USER, canary));
                // In the address it does not belong, and is not shown either.
                String address = server.url().replace("//", "//" + USER + ":" + encoded(canary) + "@");
                drive(() -> InfluxClient.builder(address).database("db"));
                drive(() -> server.client().proxy(address));
            }
            drive(() ->
                    InfluxClient.builder("http://127.0.0.1:9").database("db").basicAuth(USER, canary));
        }
        String token = "T0ken.C4nary.abcdefgh";
        forms.addAll(forms(token));
        for (String reply : new String[] {Server.error(403, "forbidden"), "HTTP/1.1 200 OK\r\n\r\n", null}) {
            try (Server server = new Server(body -> reply)) {
                drive(() -> server.client().token(token.toCharArray()));
                drive(() -> server.client().token((token + "\n").toCharArray()));
                drive(() -> server.client()
                        .identity(token.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8)));
            }
        }
        assertTrue(said.size() > 100, "only " + said.size() + " texts");
        for (String text : said) {
            for (String form : forms) {
                assertFalse(text.contains(form), () -> "\"" + form + "\" is in: " + text);
            }
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** As it is, percent-encoded, and in the two places where base64 has it. */
    private static List<String> forms(String secret) {
        Base64.Encoder base64 = Base64.getEncoder();
        String pair = USER + ":" + secret;
        return List.of(
                secret,
                encoded(secret),
                URLEncoder.encode(secret, StandardCharsets.UTF_8),
                base64.encodeToString(secret.getBytes(StandardCharsets.UTF_8)).replaceFirst("=*$", ""),
                base64.encodeToString(pair.getBytes(StandardCharsets.UTF_8)).replaceFirst("=*$", ""));
    }

    private interface Settings {
        InfluxClientBuilder get();
    }

    /** Every way to use a client that will not work. */
    private void drive(Settings settings) {
        InfluxClientBuilder builder = settings.get()
                .retry(RetryPolicies.none())
                .attemptTimeout(Duration.ofMillis(500))
                .connectTimeout(Duration.ofMillis(500))
                .deadline(Duration.ofMillis(500));
        said.add(builder.toString());
        InfluxClient client;
        try {
            client = builder.build();
        } catch (RuntimeException e) {
            say(e);
            return;
        }
        try (client) {
            said.add(client.toString());
            LineProtocol line = LineProtocol.of("m v=1 1");
            Query query = Query.of("CREATE USER u WITH PASSWORD '" + CANARIES[0] + "'")
                    .bind("p", CANARIES[0]);
            said.add(line.toString());
            said.add(query.toString());
            fails(() -> client.write(line));
            fails(() -> client.writeAsync(line, io.influxclient.WriteOptions.defaults())
                    .join());
            fails(() ->
                    client.write(line, io.influxclient.WriteOptions.defaults().retry(failed -> {
                        said.add(failed.toString());
                        return RetryDecision.giveUp();
                    })));
            try {
                said.add(client.query(query).toString());
            } catch (RuntimeException e) {
                say(e);
            }
            client.ping().forEach(pong -> said.add(pong.toString()));
            BatchWriter writer = client.batchWriter()
                    .linger(Duration.ZERO)
                    .deadline(Duration.ofMillis(200))
                    .listener(report -> said.add(report.toString()))
                    .start();
            writer.pushLines("m v=1 1");
            fails(writer::flush);
            said.add(writer.totals().toString());
            said.add(writer.toString());
            said.add(writer.close(Duration.ofSeconds(5)).toString());
        }
    }

    /** It does reach the server, in the one header where it belongs, and no address keeps a part of it. */
    @Test
    void anAddressIsShownWithoutWhatStandsBeforeItsHost() {
        try (Server server = Server.storing();
                InfluxClient client =
                        server.client().basicAuth(USER, CANARIES[0]).build()) {
            String endpoint =
                    client.write(LineProtocol.of("m v=1 1")).endpoint().orElseThrow();
            assertEquals(server.url(), endpoint.replaceFirst("/$", ""));
        }
    }
}
