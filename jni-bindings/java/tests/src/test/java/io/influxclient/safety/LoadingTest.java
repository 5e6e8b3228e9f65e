package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.influxclient.internal.NativeVersion;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library is loaded from when the place is odd, shared or somebody else's. */
class LoadingTest {

    private static final String PATH = "-Dio.influxclient.native.path=";
    /** The user {@code nobody}, by custom. */
    private static final int SOMEBODY_ELSE = 65534;

    @TempDir
    Path temporary;

    private Forked jvm(Path directory) {
        return Forked.unpacking().option("-Djava.io.tmpdir=" + directory);
    }

    private static void assertLoaded(String output) {
        assertTrue(output.startsWith("influx-client "), output);
    }

    private static List<Path> libraries(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(file -> file.getFileName().toString().contains("influx_jni"))
                    .collect(Collectors.toList());
        }
    }

    /** All at once into an empty directory: each loads a whole library, and one is left. */
    @Test
    void severalProcessesUnpackAtOnce() throws Exception {
        List<Forked.Running> running = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            running.add(jvm(temporary).start(NativeVersion.class));
        }
        for (Forked.Running process : running) {
            assertLoaded(process.end(0));
        }
        assertEquals(1, libraries(temporary).size(), "nothing else is left");
    }

    /** Files that are no library, and the library of something else: refused by name, with the reason. */
    @Test
    void theFileOfThePropertyIsNotTheLibrary() throws Exception {
        Path text = Files.writeString(temporary.resolve("text.so"), "not a library");
        Path empty = Files.createFile(temporary.resolve("empty.so"));
        Path directory = Files.createDirectory(temporary.resolve("directory.so"));
        // One that is cut is not tried: the system's loader itself dies of some of those, before anybody is asked.
        for (Path file : List.of(text, empty, directory)) {
            refuses(file, "io.influxclient.native.path");
        }
        Path other = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("zip"));
        assumeTrue(Files.exists(other), "this JVM has no library of its own to take for another one");
        refuses(Files.copy(other, temporary.resolve("other.so")), "is not influx_jni");
    }

    private void refuses(Path file, String words) {
        String output = jvm(temporary).option(PATH + file).run(1, NativeVersion.class);
        assertTrue(output.contains("UnsatisfiedLinkError"), output);
        assertTrue(output.contains(file.toString()) && output.contains(words), output);
    }

    @Test
    void aDirectoryThatIsMountedReadOnlyIsNamedWithTheProperty() throws Exception {
        Path mount = Files.createDirectory(temporary.resolve("read only"));
        mount(mount, "ro,size=1m");
        try {
            String output = jvm(mount).run(1, NativeVersion.class);
            assertTrue(output.contains("io.influxclient.native.dir") && output.contains(mount.toString()), output);
            assertLoaded(jvm(mount)
                    .option("-Dio.influxclient.native.dir=" + temporary)
                    .run(0, NativeVersion.class));
        } finally {
            assertTrue(command("umount", mount.toString()));
        }
    }

    @Test
    void aFullDirectoryIsNamedWithTheProperty() throws Exception {
        Path mount = Files.createDirectory(temporary.resolve("full"));
        mount(mount, "size=64k");
        try {
            String output = jvm(mount).run(1, NativeVersion.class);
            assertTrue(output.contains("io.influxclient.native.dir") && output.contains(mount.toString()), output);
            assertEquals(List.of(), libraries(mount), "no half of a library is left");
        } finally {
            assertTrue(command("umount", mount.toString()));
        }
    }

    /** Whoever made the directory could change the library between the check and the load. */
    @Test
    void aDirectoryOfSomebodyElseIsNotUsed() throws Exception {
        assertLoaded(jvm(temporary).run(0, NativeVersion.class));
        Path library = libraries(temporary).get(0);
        Path root = library.getParent().getParent();
        byte[] before = Files.readAllBytes(library);
        byte[] evil = "evil".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (Path directory : List.of(root, library.getParent())) {
            Files.write(library, evil);
            try {
                Files.setAttribute(directory, "unix:uid", SOMEBODY_ELSE);
            } catch (FileSystemException e) {
                assumeTrue(false, "only root gives a directory away: " + e);
            }
            assertLoaded(jvm(temporary).run(0, NativeVersion.class));
            assertEquals("evil", Files.readString(library), "it was neither used nor mended");
            Files.setAttribute(directory, "unix:uid", 0);
            Files.write(library, before);
        }
        assertEquals(1, libraries(temporary).size(), "the copies are deleted");
    }

    @Test
    void aLinkInPlaceOfTheLibraryIsReplaced() throws Exception {
        assertLoaded(jvm(temporary).run(0, NativeVersion.class));
        Path library = libraries(temporary).get(0);
        Path elsewhere = temporary.resolve("elsewhere");
        Files.move(library, elsewhere);
        Files.createSymbolicLink(library, elsewhere);
        assertLoaded(jvm(temporary).run(0, NativeVersion.class));
        assertFalse(Files.isSymbolicLink(library));
    }

    private static void mount(Path where, String options) throws Exception {
        assumeTrue(
                command("mount", "-t", "tmpfs", "-o", options, "tmpfs", where.toString()),
                "mounting a file system needs root and the right to mount");
    }

    private static boolean command(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
