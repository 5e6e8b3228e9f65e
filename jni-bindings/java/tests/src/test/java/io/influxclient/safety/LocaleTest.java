package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.LineProtocol;
import io.influxclient.PointBatch;
import io.influxclient.WriteException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Neither the locale nor the default charset of a JVM changes what is sent and what is read. */
class LocaleTest {

    @Test
    void textsAreUtf8InEveryLocaleAndCharset() {
        Forked.jvm()
                .environment("LC_ALL", "C")
                .option("-Dfile.encoding=ISO-8859-1", "-Dsun.jnu.encoding=ANSI_X3.4-1968")
                .option("-Duser.language=tr", "-Duser.country=TR")
                .run(0, Main.class);
        // The decimal comma and digits that are not ASCII.
        Forked.jvm()
                .environment("LC_ALL", "C")
                .option("-Dfile.encoding=UTF-16", "-Duser.language=ar", "-Duser.country=EG")
                .option("-Djava.locale.providers=CLDR", "-Duser.extensions=u-nu-arab")
                .run(0, Main.class);
    }

    /** The source of this class is ASCII here, so that it means the same wherever it is compiled. */
    static final class Main {

        private static final String TEXT = "\u0131\u0130i\u00e9\u20ac\uD83D\uDE00\u0661";

        private Main() {}

        public static void main(String[] arguments) {
            byte[] expected = ("m" + TEXT + ",k" + TEXT + "=v" + TEXT + " f" + TEXT + "=\"" + TEXT
                            + "\",x=1234.5,i=-7i 1")
                    .getBytes(StandardCharsets.UTF_8);
            String line = new String(expected, StandardCharsets.UTF_8);
            try (Server server = new Server(body -> body.startsWith("bad")
                            ? Server.error(400, "unable to parse '" + TEXT + "'")
                            : Server.STORED);
                    InfluxClient client = server.client().database("db" + TEXT).build();
                    BatchWriter writer = client.batchWriter().start();
                    PointBatch batch = PointBatch.create()) {
                batch.point("m" + TEXT)
                        .tag("k" + TEXT, "v" + TEXT)
                        .field("f" + TEXT, TEXT)
                        .field("x", 1234.5)
                        .field("i", -7L)
                        .at(1);
                client.write(batch);
                assertEquals(line, server.lastBody().trim());
                client.write(LineProtocol.of(line));
                assertEquals(line, server.lastBody().trim());
                writer.pushLines(line);
                writer.flush();
                assertEquals(line, server.lastBody().trim());
                try {
                    client.write(LineProtocol.of("bad v=1 1"));
                    throw new AssertionError("not refused");
                } catch (WriteException e) {
                    assertEquals(
                            "unable to parse '" + TEXT + "'", e.serverMessage().orElseThrow());
                }
            }
            System.out.println("done in " + Locale.getDefault());
        }
    }
}
