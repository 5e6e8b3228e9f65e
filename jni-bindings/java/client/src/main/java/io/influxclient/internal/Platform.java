package io.influxclient.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The machine that this JVM runs on, as the folders of native libraries in the jar are called:
 * {@code <os>-<architecture>}, with {@code -musl} behind it for that C library.
 */
final class Platform {

    private final String os;
    private final String folder;

    private Platform(String os, String folder) {
        this.os = os;
        this.folder = folder;
    }

    /** The platform of this JVM. */
    static Platform current() {
        boolean musl = isLinux(System.getProperty("os.name")) && runsOnMusl();
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), musl);
    }

    /** The platform with these values of the properties {@code os.name} and {@code os.arch}. */
    static Platform of(String osName, String osArch, boolean musl) {
        String name = osName.toLowerCase(Locale.ROOT);
        String os;
        if (isLinux(osName)) {
            os = "linux";
        } else if (name.startsWith("mac") || name.startsWith("darwin")) {
            os = "macos";
        } else if (name.startsWith("windows")) {
            os = "windows";
        } else {
            os = name.replaceAll("[^a-z0-9]", "");
        }
        String architecture = osArch.toLowerCase(Locale.ROOT);
        switch (architecture) {
            case "amd64":
            case "x86-64":
                architecture = "x86_64";
                break;
            case "arm64":
                architecture = "aarch64";
                break;
            default:
                architecture = architecture.replaceAll("[^a-z0-9_]", "");
        }
        return new Platform(os, os + "-" + architecture + (musl ? "-musl" : ""));
    }

    private static boolean isLinux(String osName) {
        return osName.toLowerCase(Locale.ROOT).startsWith("linux");
    }

    /** The folder of this platform's libraries, such as {@code linux-x86_64}. */
    String folder() {
        return folder;
    }

    /** The file name of a library, such as {@code libx.so} for {@code x}. */
    String fileName(String library) {
        switch (os) {
            case "windows":
                return library + ".dll";
            case "macos":
                return "lib" + library + ".dylib";
            default:
                return "lib" + library + ".so";
        }
    }

    /**
     * Whether this process runs on musl: its loader is then mapped into it. Looking for the loader's file alone would
     * take a machine for one with musl on which that is merely installed.
     */
    private static boolean runsOnMusl() {
        try {
            // Mapped files have any names, so the encoding is one in which every byte is a character.
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
                if (line.contains("/ld-musl-") || line.contains("/libc.musl-")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return hasMuslLoader()
                    && !Files.exists(Path.of("/lib64/ld-linux-x86-64.so.2"))
                    && !Files.exists(Path.of("/lib/ld-linux-aarch64.so.1"));
        }
    }

    private static boolean hasMuslLoader() {
        try (DirectoryStream<Path> loaders = Files.newDirectoryStream(Path.of("/lib"), "ld-musl-*.so.1")) {
            return loaders.iterator().hasNext();
        } catch (IOException e) {
            return false;
        }
    }
}
