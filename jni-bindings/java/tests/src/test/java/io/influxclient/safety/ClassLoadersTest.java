package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.InfluxClient;
import io.influxclient.internal.Provoked;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The client in class loaders of its own, as in a server that hosts many applications; each in a JVM that is checked. */
class ClassLoadersTest {

    /** Both work, at the same time, and closing one leaves the other alone. */
    @Test
    void twoLoadersHaveAClientEach() {
        String output = Forked.unpacking().run(0, Two.class);
        assertTrue(output.contains("both wrote"), output);
    }

    /** The exception of a panic cannot be found: it is an error of Java's own, and the JVM lives. */
    @Test
    void anExceptionClassThatIsMissingIsReplaced() {
        String output = Forked.unpacking().run(0, Missing.class);
        assertTrue(output.contains("instead: java.lang.InternalError"), output);
    }

    /** Has the client's classes of its own, except one that it cannot find. */
    private static final class Own extends URLClassLoader {

        private final String missing;

        Own(String missing) {
            super(
                    new URL[] {
                        InfluxClient.class.getProtectionDomain().getCodeSource().getLocation()
                    },
                    ClassLoader.getPlatformClassLoader());
            this.missing = missing;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.equals(missing)) {
                throw new ClassNotFoundException(name);
            }
            if (name.equals(Inside.class.getName())) {
                try (InputStream in = Own.class.getResourceAsStream("ClassLoadersTest$Inside.class")) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return super.findClass(name);
        }

        Method method(String name, Class<?>... types) throws Exception {
            Method method = loadClass(Inside.class.getName()).getMethod(name, types);
            method.setAccessible(true);
            return method;
        }
    }

    /** What runs inside of such a loader. */
    public static final class Inside {

        private Inside() {}

        /** Opens a client. */
        public static AutoCloseable open(String url) {
            return InfluxClient.builder(url).database("db").build();
        }

        /** Writes a point and returns how many were acknowledged. */
        public static long write(AutoCloseable client) {
            return ((InfluxClient) client)
                    .write(io.influxclient.LineProtocol.of("m v=1 1"))
                    .points();
        }
    }

    /** Two loaders. */
    static final class Two {

        private Two() {}

        public static void main(String[] arguments) throws Exception {
            try (Server server = Server.storing();
                    Own one = new Own(null);
                    Own two = new Own(null)) {
                AutoCloseable first =
                        (AutoCloseable) one.method("open", String.class).invoke(null, server.url());
                AutoCloseable second =
                        (AutoCloseable) two.method("open", String.class).invoke(null, server.url());
                if (first.getClass() == second.getClass()) {
                    throw new AssertionError("one loader");
                }
                for (int i = 0; i < 100; i++) {
                    one.method("write", AutoCloseable.class).invoke(null, first);
                    two.method("write", AutoCloseable.class).invoke(null, second);
                }
                first.close();
                two.method("write", AutoCloseable.class).invoke(null, second);
                second.close();
                System.out.println(server.requests() == 201 ? "both wrote" : "requests: " + server.requests());
            }
        }
    }

    /** A loader without the exception: of the client's classes, it can link those that do not mention it. */
    static final class Missing {

        private Missing() {}

        public static void main(String[] arguments) throws Exception {
            try (Own loader = new Own("io.influxclient.InternalException")) {
                Class<?> natives = loader.loadClass("io.influxclient.internal.Native");
                loader.loadClass("io.influxclient.internal.ClientLibrary")
                        .getMethod("load")
                        .invoke(null);
                long client = ByteBuffer.wrap((byte[]) method(natives, "open", byte[].class)
                                .invoke(null, Provoked.settings("http://127.0.0.1:9")))
                        .getLong(1);
                Method provoke = method(natives, "provoke", long.class, long.class, int.class);
                for (int i = 0; i < 3; i++) {
                    try {
                        provoke.invoke(null, client, 1L, 0);
                        System.out.println("no exception");
                    } catch (InvocationTargetException e) {
                        System.out.println("instead: " + e.getCause());
                    }
                }
                method(natives, "close", long.class).invoke(null, client);
            }
        }

        private static Method method(Class<?> type, String name, Class<?>... types) throws Exception {
            Method method = type.getDeclaredMethod(name, types);
            method.setAccessible(true);
            return method;
        }
    }
}
