package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.Backoff;
import io.influxclient.BatchWriter;
import io.influxclient.ConsistencyLevel;
import io.influxclient.Downgrade;
import io.influxclient.Gzip;
import io.influxclient.InfluxClient;
import io.influxclient.LineProtocol;
import io.influxclient.PointBatch;
import io.influxclient.Precision;
import io.influxclient.Query;
import io.influxclient.RetryBudget;
import io.influxclient.RetryDecision;
import io.influxclient.RetryPolicies;
import io.influxclient.WriteOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Null in place of each reference that a public method or constructor takes: an exception of a kind that says so, and an
 * object that still works.
 */
class NullArgumentsTest {

    /** Where null is legal. */
    private static final Set<String> LEGAL = Set.of();

    /** How null is refused. */
    private static final Set<Class<?>> KINDS =
            Set.of(NullPointerException.class, IllegalArgumentException.class, IllegalStateException.class);

    @Test
    void everyReferenceOfThePublicApiIsChecked() throws Exception {
        String rows = "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"time\",\"v\"],"
                + "\"values\":[[1,2]]}]}]}";
        try (Server server = new Server(body -> body.startsWith("m v") ? Server.STORED : Server.json(rows));
                InfluxClient client = server.client().build();
                BatchWriter writer = client.batchWriter().start();
                PointBatch batch = PointBatch.create()) {
            Map<Class<?>, Supplier<Object>> objects = objects(client, writer, batch);
            List<String> wrong = new ArrayList<>();
            Set<String> unreached = new TreeSet<>();
            int tried = 0;
            for (Class<?> type : publicTypes()) {
                List<Executable> all = new ArrayList<>(List.of(type.getDeclaredMethods()));
                all.addAll(List.of(type.getDeclaredConstructors()));
                for (Executable code : all) {
                    if (!Modifier.isPublic(code.getModifiers()) || code.isSynthetic() || isOfValues(type, code)) {
                        continue;
                    }
                    for (int at = 0; at < code.getParameterCount(); at++) {
                        if (!code.getParameterTypes()[at].isPrimitive()) {
                            tried += attempt(code, at, objects, wrong, unreached);
                        }
                    }
                }
            }
            assertEquals(List.of(), wrong);
            assertEquals(Set.of(), unreached, "no object of these to try with");
            assertTrue(tried > 70, "only " + tried);
            batch.point("m").field("v", 1L).at(1);
            assertEquals(1, client.write(batch).points(), "all of them still work");
        }
    }

    /** {@code valueOf} of an enumeration is the compiler's, {@code equals} takes null by its contract. */
    private static boolean isOfValues(Class<?> type, Executable code) {
        return type.isEnum() && code.getName().equals("valueOf")
                || code.getName().equals("equals");
    }

    /** Calls the code with null at one place and something good at all others; returns 1 if that could be done. */
    private static int attempt(
            Executable code, int at, Map<Class<?>, Supplier<Object>> objects, List<String> wrong, Set<String> unreached)
            throws Exception {
        Class<?>[] types = code.getParameterTypes();
        String name = code.getDeclaringClass().getSimpleName() + "." + code.getName() + "("
                + Stream.of(types).map(Class::getSimpleName).collect(Collectors.joining(", ")) + ") at " + at;
        Object target = null;
        boolean needsTarget = code instanceof Method && !Modifier.isStatic(code.getModifiers());
        if (needsTarget) {
            Supplier<Object> of = objects.get(code.getDeclaringClass());
            if (of == null) {
                unreached.add(code.getDeclaringClass().getSimpleName() + "." + code.getName());
                return 0;
            }
            target = of.get();
        }
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = i == at ? null : good(types[i], objects);
        }
        Throwable thrown = invoke(code, target, arguments);
        if (thrown == null ? !LEGAL.contains(name) : !KINDS.contains(thrown.getClass())) {
            wrong.add(name + ": " + thrown);
        }
        if (types[at].isArray() && !types[at].getComponentType().isPrimitive()) {
            Object withNull = Array.newInstance(types[at].getComponentType(), 1);
            arguments[at] = withNull;
            thrown = invoke(code, target, arguments);
            if (thrown == null || !KINDS.contains(thrown.getClass())) {
                wrong.add(name + " with null in it: " + thrown);
            }
        }
        return 1;
    }

    private static Throwable invoke(Executable code, Object target, Object[] arguments) throws Exception {
        ((AccessibleObject) code).setAccessible(true);
        try {
            if (code instanceof Method) {
                ((Method) code).invoke(target, arguments);
            } else {
                ((Constructor<?>) code).newInstance(arguments);
            }
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        }
    }

    private static Object good(Class<?> type, Map<Class<?>, Supplier<Object>> objects) {
        if (type == boolean.class) {
            return false;
        } else if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        } else if (type == double.class) {
            return 1.0;
        } else if (type == float.class) {
            return 1.0f;
        }
        Supplier<Object> object = objects.get(type);
        if (object == null) {
            throw new AssertionError("no " + type);
        }
        return object.get();
    }

    private static Map<Class<?>, Supplier<Object>> objects(InfluxClient client, BatchWriter writer, PointBatch batch) {
        Map<Class<?>, Supplier<Object>> objects = new LinkedHashMap<>();
        objects.put(String.class, () -> "text");
        objects.put(CharSequence.class, () -> "text");
        objects.put(char[].class, "secret"::toCharArray);
        objects.put(byte[].class, () -> "m v=1 1".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        objects.put(String[].class, () -> new String[] {"http://127.0.0.1:9"});
        objects.put(Duration.class, () -> Duration.ofSeconds(1));
        objects.put(Instant.class, () -> Instant.EPOCH);
        objects.put(Path.class, () -> Path.of("spool"));
        objects.put(Executor.class, () -> (Executor) Runnable::run);
        objects.put(InfluxClient.class, () -> client);
        objects.put(BatchWriter.class, () -> writer);
        objects.put(PointBatch.class, () -> batch);
        objects.put(io.influxclient.PointWriter.class, () -> {
            batch.clear();
            return batch.point("m").field("v", 1L);
        });
        objects.put(io.influxclient.InfluxClientBuilder.class, () -> InfluxClient.builder("http://127.0.0.1:9"));
        objects.put(io.influxclient.BatchWriterBuilder.class, client::batchWriter);
        objects.put(WriteOptions.class, WriteOptions::defaults);
        objects.put(LineProtocol.class, () -> LineProtocol.of("m v=1 1"));
        objects.put(Query.class, () -> Query.of("SHOW DATABASES"));
        objects.put(Precision.class, () -> Precision.NANOSECONDS);
        objects.put(ConsistencyLevel.class, () -> ConsistencyLevel.ONE);
        objects.put(Gzip.class, Gzip::off);
        objects.put(io.influxclient.Balance.class, () -> io.influxclient.Balance.STICKY);
        objects.put(io.influxclient.Overflow.class, () -> io.influxclient.Overflow.FAIL);
        objects.put(io.influxclient.RetryPolicy.class, RetryPolicies::none);
        objects.put(Backoff.class, RetryPolicies::backoff);
        objects.put(Downgrade.class, () -> RetryPolicies.downgradeTo(ConsistencyLevel.ONE));
        objects.put(
                io.influxclient.Row.class,
                () -> client.query("SELECT v FROM m").rows().get(0));
        objects.put(RetryBudget.class, RetryBudget::standard);
        objects.put(io.influxclient.ResolveOptions.class, io.influxclient.ResolveOptions::defaults);
        objects.put(io.influxclient.WriteResult.class, () -> client.write(LineProtocol.of("m v=1 1")));
        objects.put(io.influxclient.WriteException.class, () -> {
            try (InfluxClient nowhere = InfluxClient.builder("http://127.0.0.1:9")
                    .database("db")
                    .retry(RetryPolicies.none())
                    .build()) {
                nowhere.write(LineProtocol.of("m v=1 1"));
                throw new AssertionError("somebody answers at port 9");
            } catch (io.influxclient.WriteException e) {
                return e;
            }
        });
        objects.put(RetryDecision.class, RetryDecision::giveUp);
        objects.put(io.influxclient.BatchListener.class, () -> (io.influxclient.BatchListener) report -> {});
        return objects;
    }

    /** The public classes of the package, found where the client's code lies. */
    private static Collection<Class<?>> publicTypes() throws Exception {
        URI place = InfluxClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI();
        Path path = Path.of(place);
        List<String> names;
        if (Files.isDirectory(path)) {
            names = names(path);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(path, (ClassLoader) null)) {
                names = names(jar.getPath("/"));
            }
        }
        List<Class<?>> types = new ArrayList<>();
        for (String name : names) {
            Class<?> type = Class.forName(name);
            boolean isApi = Modifier.isPublic(type.getModifiers())
                    && (type.getDeclaringClass() == null
                            || Modifier.isPublic(type.getDeclaringClass().getModifiers()));
            if (isApi && !type.isInterface()) {
                types.add(type);
            }
        }
        assertTrue(types.size() > 40, types::toString);
        return types;
    }

    private static List<String> names(Path root) {
        try (Stream<Path> files = Files.list(root.resolve("io/influxclient"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
                    .map(file -> "io.influxclient." + file.substring(0, file.length() - 6))
                    .sorted()
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
