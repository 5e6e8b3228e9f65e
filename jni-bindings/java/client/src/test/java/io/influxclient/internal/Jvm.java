package io.influxclient.internal;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a class with a {@code main} in a JVM of its own, with the class path of this one. */
public final class Jvm {

    private final List<String> options = new ArrayList<>(List.of("-Xcheck:jni"));
    private final ProcessBuilder builder = new ProcessBuilder();

    /** With this option of the JVM. */
    public Jvm option(String option) {
        options.add(option);
        return this;
    }

    /** With this variable of the environment. */
    public Jvm environment(String name, String value) {
        builder.environment().put(name, value);
        return this;
    }

    /** Runs the class to its end and returns what it printed, its exit code last. */
    public String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Process process = builder.command(command).redirectErrorStream(true).start();
        // Killed by another thread if it hangs, which ends the reading.
        process.onExit().orTimeout(120, TimeUnit.SECONDS).exceptionally(e -> process.destroyForcibly());
        byte[] output = process.getInputStream().readAllBytes();
        return new String(output, Charset.defaultCharset()) + "exit code " + process.waitFor();
    }
}
