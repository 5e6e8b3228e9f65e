package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.internal.Jvm;
import java.io.File;
import java.nio.file.Path;
import modular.Program;
import org.junit.jupiter.api.Test;

/** Programs in a JVM of their own: as a module, in another locale, at the end of the process. */
class ProcessTest {

    private static final String BODY = "m\u00e4,k=\u20ac s=\"\ud83d\ude00 \u0000\" 1\n";

    private static void assertWrites(Jvm jvm, String module, String... more) throws Exception {
        try (RawServer server = RawServer.replying(RawServer.NO_CONTENT)) {
            String[] arguments = new String[more.length + 1];
            arguments[0] = server.url();
            System.arraycopy(more, 0, arguments, 1, more.length);
            String output = jvm.run(Program.class, arguments);
            String line = System.lineSeparator();
            assertEquals("module " + module + line + "1 written" + line + "exit code 0", output);
            assertEquals(BODY, server.requests().get(0).text());
        }
    }

    @Test
    void onTheModulePath() throws Exception {
        Path classes = Path.of(InfluxClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        assertTrue(new File(classes.toFile(), "module-info.class").exists());
        assertWrites(
                new Jvm().option("--module-path").option(classes.toString()).option("--add-modules=io.influxclient"),
                "io.influxclient");
    }

    @Test
    void inALocaleThatKnowsNeitherUtf8NorADotlessI() throws Exception {
        Jvm jvm = new Jvm()
                .environment("LC_ALL", "C")
                .option("-Dfile.encoding=US-ASCII")
                .option("-Duser.language=tr");
        assertWrites(jvm, "null");
    }

    /** The threads of the native library are the process's, so that it goes on working while the JVM ends. */
    @Test
    void inAShutdownHook() throws Exception {
        assertWrites(new Jvm(), "null", "hook");
    }
}
