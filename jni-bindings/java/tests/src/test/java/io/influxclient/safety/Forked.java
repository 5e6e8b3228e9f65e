package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.influxclient.internal.ClientLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A class with a {@code main} in a JVM of its own, whose use of JNI is checked. */
final class Forked {

    private final List<String> command = new ArrayList<>();
    private final ProcessBuilder builder = new ProcessBuilder();
    private int seconds = 60;

    private Forked() {
        command.addAll(List.of(java().toString(), "-Xcheck:jni", "-XX:+UseSerialGC", "-XX:+ErrorFileToStdout"));
    }

    /** With the library that this JVM has unpacked, where that is known: unpacking is most of the work of a short life. */
    static Forked jvm() {
        Forked jvm = new Forked();
        // These live shortly, and the best compiler would not pay. (Hashing of libraries would miss it.)
        jvm.option("-XX:TieredStopAtLevel=1");
        library().ifPresent(file -> jvm.option("-D" + ClientLibrary.PATH_PROPERTY + "=" + file));
        return jvm;
    }

    /** That unpacks its own library. */
    static Forked unpacking() {
        return new Forked();
    }

    /** The file of the library, as the system tells it. */
    static Optional<String> library() {
        ClientLibrary.load();
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.map(line -> line.replaceFirst("^([^ ]+ +){5}", ""))
                    .filter(file -> file.endsWith("libinflux_jni.so"))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    Forked option(String... options) {
        command.addAll(Arrays.asList(options));
        return this;
    }

    Forked environment(String name, String value) {
        builder.environment().put(name, value);
        return this;
    }

    /** Killed after so long, which fails the test. */
    Forked within(int seconds) {
        this.seconds = seconds;
        return this;
    }

    /** Starts it. */
    Running start(Class<?> main, String... arguments) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        all.addAll(Arrays.asList(arguments));
        try {
            Process process = builder.command(all).redirectErrorStream(true).start();
            return new Running(process, seconds);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs it to its end, which has to be a clean one with this exit code, and returns what it printed. */
    String run(int code, Class<?> main, String... arguments) {
        return start(main, arguments).end(code);
    }

    /** A JVM that runs. */
    static final class Running {

        final Process process;
        private final long since = System.nanoTime();
        private final int seconds;

        private Running(Process process, int seconds) {
            this.process = process;
            this.seconds = seconds;
            process.onExit().orTimeout(seconds, TimeUnit.SECONDS).exceptionally(e -> process.destroyForcibly());
        }

        /** Waits for its end. */
        String end(int code) {
            try {
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                int actual = process.waitFor();
                double took = (System.nanoTime() - since) / 1e9;
                assertEquals(code, actual, () -> "after " + took + " s of " + seconds + ":\n" + output);
                assertClean(output);
                return output;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** The JVM complains of nothing that native code did. */
    static void assertClean(String output) {
        for (String word :
                List.of("WARNING in native", "FATAL ERROR in native", "WARNING: JNI", "SIGSEGV", "panicked at")) {
            assertFalse(output.contains(word), output);
        }
    }
}
