package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.internal.NativeArgumentsTest;
import io.influxclient.internal.NativeHandlesTest;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the tests of this package do with native methods, once more in a JVM whose output is read: with {@code -Xcheck:jni} it complains
 * there of every use that JNI does not allow.
 */
class CheckedJniTest {

    private static final List<Class<?>> CLASSES = List.of(
            NativeHandlesTest.class,
            NativeArgumentsTest.class,
            StringsTest.class,
            BuffersTest.class,
            PanicTest.class,
            CallbackTest.class);

    @Test
    void theJvmComplainsOfNothing() {
        String output = Forked.jvm().within(120).run(0, Main.class);
        assertTrue(output.contains("tests in " + CLASSES.size() + " classes"), output);
    }

    /** Runs the tests that take no arguments. */
    static final class Main {

        private Main() {}

        public static void main(String[] arguments) throws Exception {
            // What listeners of tests throw is logged; it is not what is looked for.
            java.util.logging.LogManager.getLogManager().reset();
            int tests = 0;
            for (Class<?> type : CLASSES) {
                Constructor<?> constructor = type.getDeclaredConstructor();
                constructor.setAccessible(true);
                for (Method test : methods(type, Test.class)) {
                    Object instance = constructor.newInstance();
                    try {
                        for (Method before : methods(type, BeforeEach.class)) {
                            before.invoke(instance);
                        }
                        test.invoke(instance);
                        for (Method after : methods(type, AfterEach.class)) {
                            after.invoke(instance);
                        }
                    } catch (InvocationTargetException e) {
                        throw new AssertionError(test.toString(), e.getCause());
                    }
                    tests++;
                }
            }
            System.out.println(tests + " tests in " + CLASSES.size() + " classes");
        }

        private static List<Method> methods(Class<?> type, Class<? extends java.lang.annotation.Annotation> mark) {
            List<Method> methods = new ArrayList<>();
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(mark)) {
                    method.setAccessible(true);
                    methods.add(method);
                }
            }
            return methods;
        }
    }
}
