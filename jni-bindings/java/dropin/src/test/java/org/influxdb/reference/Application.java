package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * An application compiled against influxdb-java itself. The same classes then run with influxdb-java, and with this
 * library in its place: nothing is compiled again.
 */
final class Application {

    private final Path classes;
    private final ClassLoader withOurs;
    private final ClassLoader withTheirs;

    private Application(final Path classes) {
        this.classes = classes;
        try {
            URL[] urls = {classes.toUri().toURL()};
            this.withOurs = new URLClassLoader("application", urls, Application.class.getClassLoader());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.withTheirs = Reference.loader(List.of(classes));
    }

    /** Compiles the sources of a folder below {@code src/test}, for a version of Java. */
    static Application compiled(final String folder, final int release) {
        Path sources = Path.of(System.getProperty("basedir", ""), "src", "test", folder)
                .toAbsolutePath();
        Path classes = Reference.FOLDER.resolveSibling(folder);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> found = Files.walk(sources)) {
            List<Path> java =
                    found.filter(file -> file.toString().endsWith(".java")).collect(Collectors.toList());
            Files.createDirectories(classes);
            String path = Reference.jars().stream()
                    .map(Path::toString)
                    .collect(Collectors.joining(System.getProperty("path.separator")));
            StringWriter messages = new StringWriter();
            boolean done = compiler.getTask(
                            messages,
                            files,
                            null,
                            List.of(
                                    "--release",
                                    String.valueOf(release),
                                    "-encoding",
                                    "UTF-8",
                                    "-proc:none",
                                    "-nowarn",
                                    "-cp",
                                    path,
                                    "-d",
                                    classes.toString()),
                            null,
                            files.getJavaFileObjectsFromPaths(java))
                    .call();
            assertTrue(done, messages.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Application(classes);
    }

    /** The folder of the application's classes. */
    Path classes() {
        return classes;
    }

    /** What a class of the application saw of this library. */
    List<String> runWithOurs(final String name, final long seed, final int count) throws ReflectiveOperationException {
        return run(withOurs, name, seed, count);
    }

    /** What a class of the application saw of influxdb-java. */
    List<String> runWithTheirs(final String name, final long seed, final int count)
            throws ReflectiveOperationException {
        return run(withTheirs, name, seed, count);
    }

    /** What the application learns with this library when a write is answered so. */
    String answerWithOurs(final int status, final String text) throws ReflectiveOperationException {
        return answer(withOurs, status, text);
    }

    /** What the application learns with influxdb-java when a write is answered so. */
    String answerWithTheirs(final int status, final String text) throws ReflectiveOperationException {
        return answer(withTheirs, status, text);
    }

    private static String answer(final ClassLoader loader, final int status, final String text)
            throws ReflectiveOperationException {
        Class<?> type = Class.forName("application.Answers", true, loader);
        return (String) type.getMethod("to", int.class, String.class).invoke(null, status, text);
    }

    private static List<String> run(final ClassLoader loader, final String name, final long seed, final int count)
            throws ReflectiveOperationException {
        Class<?> type = Class.forName("application." + name, true, loader);
        try {
            List<String> steps = new ArrayList<>();
            for (Object step :
                    (List<?>) type.getMethod("run", long.class, int.class).invoke(null, seed, count)) {
                steps.add((String) step);
            }
            return steps;
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(name, e.getCause());
        }
    }
}
