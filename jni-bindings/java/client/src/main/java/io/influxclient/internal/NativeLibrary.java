package io.influxclient.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Finds and loads a native library of this project.
 *
 * <p>Where the property that names a file is set, that file is loaded or nothing. Else the library in the jar, below
 * {@code native/<platform>/}, is put into a directory of this user and loaded from there: see {@link LibraryCache}. A
 * JVM loads a file for one class loader only, so another class loader gets a copy of its own. The last resort is the
 * JVM's own search path, {@code java.library.path}.
 */
public final class NativeLibrary {

    /** The property that names the directory below which libraries are put, in place of {@code java.io.tmpdir}. */
    public static final String DIRECTORY_PROPERTY = "io.influxclient.native.dir";

    private final Class<?> owner;
    private final String name;
    private final String pathProperty;
    private final List<Throwable> failures = new ArrayList<>();

    /**
     * A library that is not loaded yet.
     *
     * @param owner the class with the native methods; the library is a resource of its jar
     * @param name the name of the library without prefix and suffix, such as {@code influx_jni}
     * @param pathProperty the property that names a file to load in its place
     */
    public NativeLibrary(Class<?> owner, String name, String pathProperty) {
        this.owner = owner;
        this.name = name;
        this.pathProperty = pathProperty;
    }

    /**
     * Loads the library and compares its number with the one that the Java side was written for.
     *
     * <p>A JVM gives a library to the class loader of the class that asks for it. So the class with the native methods
     * has to ask: pass {@code System::load} and {@code System::loadLibrary} from there.
     *
     * @param byFile {@code System::load}
     * @param byName {@code System::loadLibrary}
     * @param actual the native method that tells the library's number
     * @param expected the number to find
     * @throws UnsatisfiedLinkError if no library can be loaded, with all reasons and what to do about it, or if it has
     *     another number
     */
    public void load(Consumer<String> byFile, Consumer<String> byName, IntSupplier actual, int expected) {
        String from = load(byFile, byName);
        int found;
        try {
            found = actual.getAsInt();
        } catch (UnsatisfiedLinkError e) {
            throw failure("The library loaded from " + from + " is not " + name, e);
        }
        if (found != expected) {
            throw failure(
                    from + " has version " + found + " of the native interface, and the classes in "
                            + jar() + " need version " + expected + ". Use a library and a jar of one release"
                            + (System.getProperty(pathProperty) == null
                                    ? ""
                                    : ", or remove the property " + pathProperty),
                    null);
        }
    }

    private String load(Consumer<String> byFile, Consumer<String> byName) {
        String path = System.getProperty(pathProperty);
        if (path != null) {
            return named(path, byFile);
        }
        Platform platform = Platform.current();
        String fileName = platform.fileName(name);
        String resource = "/native/" + platform.folder() + "/" + fileName;
        String base = System.getProperty(DIRECTORY_PROPERTY, System.getProperty("java.io.tmpdir"));
        if (owner.getResource(resource) == null) {
            failures.add(new IOException("the jar has no " + resource));
        } else {
            String loaded = fromJar(base, () -> open(resource), fileName, byFile);
            if (loaded != null) {
                return loaded;
            }
        }
        try {
            byName.accept(name);
            return "java.library.path";
        } catch (UnsatisfiedLinkError e) {
            failures.add(e);
        }
        throw failure(
                "Cannot load the native library " + name + " for " + platform.folder() + ". If " + base
                        + " cannot be written to, or is mounted noexec, set -D" + DIRECTORY_PROPERTY
                        + "=<directory> to one that"
                        + " can be; or -D" + pathProperty + "=<file> to the library itself",
                null);
    }

    /** The file that the property names: exactly it, because whoever sets it wants no other. */
    private String named(String path, Consumer<String> byFile) {
        try {
            String file = Path.of(path).toAbsolutePath().toString();
            byFile.accept(file);
            return file;
        } catch (UnsatisfiedLinkError | InvalidPathException e) {
            throw failure(
                    "Cannot load the file that the property " + pathProperty + " names, " + path
                            + ". A JVM loads one file for one class loader only: if another has it already, give this"
                            + " one a copy, or remove the property",
                    e);
        }
    }

    private String fromJar(String base, LibraryCache.Source source, String fileName, Consumer<String> byFile) {
        LibraryCache cache;
        try {
            cache = new LibraryCache(Path.of(base), version());
        } catch (IOException | InvalidPathException e) {
            failures.add(e);
            return null;
        }
        try {
            String file = cache.shared(source, fileName).toString();
            byFile.accept(file);
            return file;
        } catch (IOException | UnsatisfiedLinkError e) {
            failures.add(e);
        }
        // Another class loader of this JVM may have that file already, or somebody else may own the directory.
        try {
            Path copy = cache.copy(source, fileName);
            try {
                byFile.accept(copy.toString());
                return copy.toString();
            } finally {
                LibraryCache.discard(copy);
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            failures.add(e);
        }
        return null;
    }

    /** Opens a resource past the cache of open jars, which would serve the content of a jar that was replaced since. */
    private InputStream open(String resource) throws IOException {
        URL url = owner.getResource(resource);
        if (url == null) {
            throw new IOException("the jar has no " + resource);
        }
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
    }

    private String jar() {
        URL place = owner.getResource(owner.getSimpleName() + ".class");
        return place == null ? owner.getName() : place.toString();
    }

    /** The version of this project, which the build writes. */
    static String version() throws IOException {
        try (InputStream stream = NativeLibrary.class.getResourceAsStream("version.properties")) {
            if (stream == null) {
                throw new IOException("the jar has no version.properties");
            }
            Properties properties = new Properties();
            properties.load(stream);
            return properties.getProperty("version");
        }
    }

    /** What a failure says. The message of most exceptions for files is a bare path: there the class is the reason. */
    private static String reason(Throwable failure) {
        boolean tells = failure instanceof UnsatisfiedLinkError || failure.getClass() == IOException.class;
        return tells ? failure.getMessage() : failure.toString();
    }

    private UnsatisfiedLinkError failure(String what, Throwable cause) {
        StringBuilder text = new StringBuilder(what);
        if (cause != null) {
            failures.add(cause);
        }
        for (Throwable failure : failures) {
            text.append("\n  - ").append(reason(failure));
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(text.toString());
        failures.forEach(error::addSuppressed);
        return error;
    }
}
