package org.influxdb.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The library that this one replaces, in a class loader that shares nothing but the JDK with the tests. */
public final class Reference {

    /** Where the build puts the library and what it needs. */
    public static final Path FOLDER =
            Path.of(System.getProperty("basedir", ""), "target", "reference").toAbsolutePath();

    private static final ClassLoader LOADER = loader(List.of());

    private Reference() {}

    /** The library's jar. */
    public static Path jar() {
        return jars().stream()
                .filter(jar -> jar.getFileName().toString().startsWith("influxdb-java-"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no influxdb-java in " + FOLDER));
    }

    /** The library's jar and those it needs. */
    public static List<Path> jars() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException("the build copies influxdb-java to " + FOLDER + ": run it with Maven", e);
        }
    }

    /** The one loader of the library that tests share. */
    public static ClassLoader loader() {
        return LOADER;
    }

    /** A loader of the library together with classes of a test's own. */
    public static ClassLoader loader(final List<Path> more) {
        URL[] urls = Stream.concat(more.stream(), jars().stream())
                .map(Reference::url)
                .toArray(URL[]::new);
        return new URLClassLoader("reference", urls, ClassLoader.getPlatformClassLoader());
    }

    /** The names of the classes in the library's jar. */
    public static List<String> classNames() {
        try (JarFile jar = new JarFile(jar().toFile())) {
            return jar.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.endsWith(".class"))
                    .map(name ->
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'))
                    .sorted()
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(final Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
