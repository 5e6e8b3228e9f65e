package io.influxclient.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is loaded from, and what is said where that does not work. */
class NativeLibraryTest {

    private static final String LOADED =
            "loaded, version " + Native.ABI_VERSION + System.lineSeparator() + "exit code 0";

    @TempDir
    Path temporary;

    private Jvm jvm() {
        return new Jvm().option("-Djava.io.tmpdir=" + temporary);
    }

    /** The files below the directory, by what follows a pattern of the directories that the cache makes. */
    private List<Path> files() throws IOException {
        try (Stream<Path> tree = Files.walk(temporary)) {
            return tree.filter(
                            path -> Files.isRegularFile(path) && path.toString().contains("influx"))
                    .collect(Collectors.toList());
        }
    }

    @Test
    void theLibraryIsKeptInADirectoryOfThisUserAlone() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class));
        Path library = files().get(0);
        assertEquals(1, files().size(), "nothing else is left");
        assertTrue(
                library.toString().matches(".*/influx-client-\\d+/[^/]+-[0-9a-f]{64}/libinflux_jni\\.\\w+"),
                library.toString());
        for (Path directory = library.getParent(); !directory.equals(temporary); directory = directory.getParent()) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
        }
        Object before = Files.getAttribute(library, "unix:ino");
        assertEquals(LOADED, jvm().run(LoadIt.class));
        assertEquals(before, Files.getAttribute(library, "unix:ino"), "an intact library is used again");
    }

    @Test
    void aTamperedLibraryIsReplaced() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class));
        Path library = files().get(0);
        byte[] content = Files.readAllBytes(library);
        Object before = Files.getAttribute(library, "unix:ino");
        content[content.length / 2] ^= 1;
        Files.write(library, content);
        assertEquals(LOADED, jvm().run(LoadIt.class));
        content[content.length / 2] ^= 1;
        assertTrue(java.util.Arrays.equals(content, Files.readAllBytes(library)));
        assertNotEquals(before, Files.getAttribute(library, "unix:ino"));
        Files.write(library, new byte[0]);
        assertEquals(LOADED, jvm().run(LoadIt.class));
    }

    /** Somebody who may write to the directory for temporary files was there first. */
    @Test
    void aDirectoryThatIsOpenToOthersIsNotUsed() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class));
        Path library = files().get(0);
        Path root = library.getParent().getParent();
        Files.delete(library);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertEquals(LOADED, jvm().run(LoadIt.class));
        assertEquals(List.of(), files(), "a copy was loaded and deleted");
    }

    @Test
    void aLinkInPlaceOfTheDirectoryIsNotFollowed() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class));
        Path library = files().get(0);
        Path root = library.getParent().getParent();
        Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        Files.delete(library);
        Files.delete(library.getParent());
        Files.delete(root);
        Files.createSymbolicLink(root, elsewhere);
        assertEquals(LOADED, jvm().run(LoadIt.class));
        try (Stream<Path> written = Files.list(elsewhere)) {
            assertEquals(0, written.count());
        }
    }

    @Test
    void twoClassLoadersOfOneJvmLoadIt() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class, "twice"));
        assertEquals(1, files().size(), "the copy is deleted");
    }

    @Test
    void aPathWithSpacesWillDo() throws Exception {
        Path directory = temporary.resolve("a b");
        assertEquals(
                LOADED,
                jvm().option("-Dio.influxclient.native.dir=" + directory).run(LoadIt.class));
        assertTrue(files().get(0).startsWith(directory));
    }

    /** In the C locale of a JVM before 18, the default encoding is ASCII. */
    @Test
    void theLocaleDoesNotMatter() throws Exception {
        Jvm jvm = jvm().environment("LC_ALL", "C")
                .option("-Dfile.encoding=US-ASCII")
                .option("-Duser.language=tr");
        assertEquals(LOADED, jvm.run(LoadIt.class));
    }

    @Test
    void theFileOfThePropertyIsLoadedOrNothing() throws Exception {
        assertEquals(LOADED, jvm().run(LoadIt.class));
        Path library = files().get(0);
        Path mine = Files.copy(library, temporary.resolve("my library.so"));
        Files.delete(library);
        String property = "-D" + ClientLibrary.PATH_PROPERTY + "=";
        assertEquals(LOADED, jvm().option(property + mine).run(LoadIt.class));
        assertEquals(List.of(), files());
        String twice = jvm().option(property + mine).run(LoadIt.class, "twice");
        assertTrue(twice.contains("one file for one class loader only"), twice);
        String missing = jvm().option(property + temporary.resolve("missing")).run(LoadIt.class);
        assertTrue(missing.contains(ClientLibrary.PATH_PROPERTY) && missing.contains("missing"), missing);
        assertTrue(!missing.contains("loaded, version"), missing);
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsNamedWithTheProperty() throws Exception {
        // Nobody, not even root, makes a directory below a file.
        Path file = Files.createFile(temporary.resolve("file"));
        String error = jvm().option("-Djava.io.tmpdir=" + file.resolve("tmp")).run(LoadIt.class);
        assertTrue(error.contains("-D" + NativeLibrary.DIRECTORY_PROPERTY) && error.contains(file.toString()), error);
        error = jvm().option("-D" + NativeLibrary.DIRECTORY_PROPERTY + "=" + file)
                .run(LoadIt.class);
        assertTrue(error.contains("  - java.nio.file.FileAlreadyExistsException: " + file), error);
    }

    @Test
    void aFileSystemThatAllowsNoExecutionIsNamedWithTheProperty() throws Exception {
        Path mount = Files.createDirectory(temporary.resolve("noexec"));
        assumeTrue(
                command("mount", "-t", "tmpfs", "-o", "noexec,size=64m", "tmpfs", mount.toString()),
                "mounting a file system needs root and the right to mount");
        try {
            String error = jvm().option("-Djava.io.tmpdir=" + mount).run(LoadIt.class);
            assertTrue(error.contains("mounted noexec, set -D" + NativeLibrary.DIRECTORY_PROPERTY), error);
            assertEquals(
                    LOADED,
                    jvm().option("-Djava.io.tmpdir=" + mount)
                            .option("-D" + NativeLibrary.DIRECTORY_PROPERTY + "=" + temporary)
                            .run(LoadIt.class));
        } finally {
            assertTrue(command("umount", mount.toString()));
        }
    }

    @Test
    void anotherVersionOfTheInterfaceIsNamedWithBoth() {
        ClientLibrary.load();
        NativeLibrary library = new NativeLibrary(Native.class, "influx_jni", ClientLibrary.PATH_PROPERTY);
        UnsatisfiedLinkError error = assertThrows(
                UnsatisfiedLinkError.class,
                () -> library.load(file -> {}, name -> {}, Native::abiVersion, Native.ABI_VERSION + 1));
        assertTrue(error.getMessage().contains("has version " + Native.ABI_VERSION), error.getMessage());
        assertTrue(error.getMessage().contains("need version " + (Native.ABI_VERSION + 1)), error.getMessage());
    }

    @Test
    void platformsHaveTheNamesOfTheBuild() {
        assertEquals("linux-x86_64", Platform.of("Linux", "amd64", false).folder());
        assertEquals("linux-aarch64-musl", Platform.of("Linux", "aarch64", true).folder());
        assertEquals("macos-aarch64", Platform.of("Mac OS X", "aarch64", false).folder());
        assertEquals("windows-x86_64", Platform.of("Windows 11", "amd64", false).folder());
        assertEquals("x.dll", Platform.of("Windows 11", "amd64", false).fileName("x"));
        assertEquals("libx.dylib", Platform.of("Mac OS X", "x86_64", false).fileName("x"));
        assertEquals("libx.so", Platform.of("Linux", "amd64", false).fileName("x"));
    }

    private static boolean command(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }
}
