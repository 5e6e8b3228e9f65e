package io.influxclient.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;

/**
 * Puts a library from the jar onto disk, where the JVM can load it.
 *
 * <p>Other users of the machine may write to the directory for temporary files. So what is loaded lies in a directory
 * that belongs to this user and that nobody else may enter, and its whole content is compared with that of the jar each
 * time.
 */
final class LibraryCache {

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path base;
    private final String version;

    /**
     * A cache below a directory.
     *
     * @param base where to keep it
     * @param version the version of the jar, part of the path
     */
    LibraryCache(Path base, String version) {
        this.base = base.toAbsolutePath();
        this.version = version;
    }

    /** Opens the library in the jar; each call begins at its first byte. */
    interface Source {
        InputStream open() throws IOException;
    }

    /**
     * The library in the directory that all JVMs of this user share, put there if it is not or if its content is
     * another.
     *
     * @throws IOException if the directory cannot be made or written, or others can get at it
     */
    Path shared(Source source, String fileName) throws IOException {
        Files.createDirectories(base);
        Owner owner = Owner.of(base);
        Path root = ownDirectory(base.resolve("influx-client-" + owner.id), owner);
        byte[] digest = digest(source);
        Path directory = ownDirectory(root.resolve(version + "-" + hex(digest)), owner);
        Path file = directory.resolve(fileName);
        if (!isIntact(file, digest)) {
            replace(file, source, digest);
        }
        return file;
    }

    /**
     * A copy of the library in a new directory of its own, for a JVM that has loaded the shared one already.
     *
     * @throws IOException if it cannot be written
     */
    Path copy(Source source, String fileName) throws IOException {
        Files.createDirectories(base);
        Path file = Files.createTempDirectory(base, "influx-client-", ownerOnly(base))
                .resolve(fileName);
        replace(file, source, digest(source));
        return file;
    }

    /** Deletes what {@link #copy} made, now or, where a loaded file cannot be deleted, at the end of the JVM. */
    static void discard(Path copy) {
        Path directory = copy.getParent();
        try {
            Files.deleteIfExists(copy);
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // Deleted in the reverse order of these calls.
            directory.toFile().deleteOnExit();
            copy.toFile().deleteOnExit();
        }
    }

    /** A directory that belongs to this user and that nobody else may enter; made if it is not there. */
    private static Path ownDirectory(Path directory, Owner owner) throws IOException {
        try {
            Files.createDirectory(directory, ownerOnly(directory.getParent()));
            return directory;
        } catch (FileAlreadyExistsException e) {
            // Not followed: a link could lead anywhere by the time of the load.
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(directory + " is not a directory", e);
            }
        }
        UserPrincipal actual = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS);
        if (!actual.equals(owner.principal)) {
            throw new IOException(
                    directory + " belongs to " + actual.getName() + " instead of " + owner.principal.getName());
        }
        if (hasPosix(directory)) {
            Set<PosixFilePermission> permissions = Files.readAttributes(
                            directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .permissions();
            if (!OWNER_ONLY.containsAll(permissions)) {
                throw new IOException(directory + " is open to others (" + PosixFilePermissions.toString(permissions)
                        + " instead of rwx------)");
            }
        }
        return directory;
    }

    private static boolean isIntact(Path file, byte[] digest) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return attributes.isRegularFile() && MessageDigest.isEqual(digest(() -> Files.newInputStream(file)), digest);
    }

    /** Writes the file under another name and moves it, so that a JVM sees all of it or nothing. */
    private static void replace(Path file, Source source, byte[] digest) throws IOException {
        Path partial =
                Files.createTempFile(file.getParent(), file.getFileName() + ".", ".part", ownerOnly(file.getParent()));
        try {
            MessageDigest written = sha256();
            try (InputStream from = source.open();
                    OutputStream to = new DigestOutputStream(Files.newOutputStream(partial), written)) {
                from.transferTo(to);
            }
            if (!MessageDigest.isEqual(written.digest(), digest)) {
                throw new IOException("the jar changed while " + file.getFileName() + " was read from it");
            }
            try {
                Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static FileAttribute<?>[] ownerOnly(Path where) throws IOException {
        if (!hasPosix(where)) {
            return new FileAttribute<?>[0];
        }
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)};
    }

    private static boolean hasPosix(Path path) throws IOException {
        return Files.getFileStore(path).supportsFileAttributeView(PosixFileAttributeView.class);
    }

    private static byte[] digest(Source source) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream stream = source.open()) {
            byte[] buffer = new byte[1 << 16];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte b : bytes) {
            text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }

    /** This user, as the file system knows it. */
    private static final class Owner {

        final UserPrincipal principal;
        final String id;

        private Owner(UserPrincipal principal, String id) {
            this.principal = principal;
            this.id = id;
        }

        /** Java does not tell the number of its user, so it is read from a file which that user has just made. */
        static Owner of(Path directory) throws IOException {
            Path file = Files.createTempFile(directory, "influx-client-", ".owner");
            try {
                UserPrincipal principal = Files.getOwner(file);
                String id = file.getFileSystem().supportedFileAttributeViews().contains("unix")
                        ? Files.getAttribute(file, "unix:uid").toString()
                        : principal.getName().replaceAll("[^A-Za-z0-9._-]", "_");
                return new Owner(principal, id);
            } finally {
                Files.deleteIfExists(file);
            }
        }
    }
}
