package io.influxclient.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Handles that stand for nothing: each native method refuses each of them with an exception, and the objects of others are
 * left alone.
 */
public class NativeHandlesTest {

    /** Nobody listens there, and no test of this class waits for an answer. */
    private static final String NOWHERE = "http://127.0.0.1:9";

    private static final AtomicLong CALLS = new AtomicLong(1);

    @BeforeEach
    void load() {
        ClientLibrary.load();
    }

    /** Each method that takes the handle of a client, with good arguments otherwise. */
    private static Map<String, LongConsumer> clientMethods() {
        Map<String, LongConsumer> methods = new LinkedHashMap<>();
        methods.put("close", Native::close);
        methods.put("next", Native::next);
        methods.put(
                "startWrite",
                h -> Native.startWrite(h, call(), Frames.rows(), Frames.rowBytes().length, Frames.options()));
        methods.put(
                "startWriteLines",
                h -> Native.startWriteLines(h, call(), Frames.line(), 0, Frames.line().length, Frames.lineOptions()));
        methods.put("cancel", h -> Native.cancel(h, 1));
        methods.put("more", h -> Native.more(h, 1, 1));
        methods.put("answer", h -> Native.answer(h, 1, new byte[] {0}));
        methods.put("startQuery", h -> Native.startQuery(h, call(), Frames.query(), false));
        methods.put("startRequest", h -> Native.startRequest(h, call(), Frames.request()));
        methods.put("startPing", h -> Native.startPing(h, call()));
        methods.put(
                "startResolve",
                h -> Native.startResolve(h, call(), Frames.rows(), Frames.rowBytes().length, Frames.resolution()));
        methods.put("health", Native::health);
        methods.put("openWriter", h -> Native.openWriter(h, call(), Frames.writer()));
        methods.put("provoke", h -> Native.provoke(h, call(), 1));
        return methods;
    }

    /** Each method that takes the handle of a writer. */
    private static Map<String, LongConsumer> writerMethods() {
        Map<String, LongConsumer> methods = new LinkedHashMap<>();
        methods.put("tryPush", h -> Native.tryPush(h, Frames.rows(), Frames.rowBytes().length));
        methods.put("tryPushLines", h -> Native.tryPushLines(h, Frames.line(), 0, Frames.line().length));
        methods.put("startPush", h -> Native.startPush(h, call(), Frames.rows(), Frames.rowBytes().length, true));
        methods.put(
                "startPushLines", h -> Native.startPushLines(h, call(), Frames.line(), 0, Frames.line().length, true));
        methods.put("startFlush", h -> Native.startFlush(h, call()));
        methods.put("startCloseWriter", h -> Native.startCloseWriter(h, call(), 0));
        methods.put("writerTotals", Native::writerTotals);
        methods.put("forgetHoles", Native::forgetHoles);
        return methods;
    }

    private static long call() {
        return CALLS.incrementAndGet();
    }

    private static void refused(Class<? extends Throwable> type, String method, LongConsumer call, long handle) {
        assertThrows(type, () -> call.accept(handle), () -> method + " of " + Long.toHexString(handle));
    }

    @Test
    void everyMethodWithAHandleIsTried() {
        Set<String> declared = new TreeSet<>();
        for (Method method : Native.class.getDeclaredMethods()) {
            if (Modifier.isNative(method.getModifiers())
                    && method.getParameterCount() > 0
                    && method.getParameterTypes()[0] == long.class) {
                declared.add(method.getName());
            }
        }
        Set<String> tried = new TreeSet<>(clientMethods().keySet());
        tried.addAll(writerMethods().keySet());
        assertEquals(declared, tried);
    }

    @Test
    void zeroMinusOneAndRandomHandlesAreNobodys() {
        long client = Frames.open(NOWHERE);
        long writer = Frames.openWriter(client, call());
        Random random = new Random(4);
        for (Map<String, LongConsumer> methods : List.of(clientMethods(), writerMethods())) {
            methods.forEach((name, method) -> {
                for (long handle : new long[] {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE}) {
                    refused(IllegalArgumentException.class, name, method, handle);
                }
                for (int i = 0; i < 200; i++) {
                    refused(IllegalArgumentException.class, name, method, random.nextLong() | 1L << 62);
                }
                // The slot, and a generation to come; and every other type of object.
                for (long near : new long[] {client, writer}) {
                    refused(IllegalArgumentException.class, name, method, near + (1L << 32));
                    refused(IllegalArgumentException.class, name, method, near + 1_000_000);
                    for (long type = 3; type < 16; type++) {
                        refused(IllegalArgumentException.class, name, method, near & ~(15L << 28) | type << 28);
                    }
                }
            });
        }
        assertTrue(Native.health(client).length > 0, "the client is unharmed");
        assertTrue(Native.writerTotals(writer).length > 0, "the writer is unharmed");
        Frames.end(client);
    }

    @Test
    void aHandleOfAnotherTypeIsRefused() {
        long client = Frames.open(NOWHERE);
        long writer = Frames.openWriter(client, call());
        clientMethods().forEach((name, method) -> refused(IllegalArgumentException.class, name, method, writer));
        writerMethods().forEach((name, method) -> refused(IllegalArgumentException.class, name, method, client));
        assertTrue(Native.writerTotals(writer).length > 0);
        Frames.end(client);
    }

    @Test
    void aClosedClientStaysClosedHoweverOftenThatIsSaid() {
        long client = Frames.open(NOWHERE);
        long writer = Frames.openWriter(client, call());
        Native.close(client);
        Native.close(client);
        writerMethods().forEach((name, method) -> refused(IllegalStateException.class, name, method, writer));
        // Not fetched to its end yet, it still says what there is to say, and starts nothing.
        clientMethods().forEach((name, method) -> {
            if (name.startsWith("start") || name.equals("openWriter") || name.equals("provoke")) {
                refused(IllegalStateException.class, name, method, client);
            }
        });
        while (Native.next(client) != null) {
            // The writer's end, or nothing.
        }
        clientMethods().forEach((name, method) -> {
            if (name.equals("close")) {
                method.accept(client);
            } else {
                refused(IllegalStateException.class, name, method, client);
            }
        });
    }

    @Test
    void aSlotThatIsUsedAgainHasAnotherHandle() {
        long before = Frames.open(NOWHERE);
        long writerBefore = Frames.openWriter(before, call());
        Frames.end(before);
        // The same slots, if no other test opens something at this moment; other handles in any case.
        long after = Frames.open(NOWHERE);
        long writerAfter = Frames.openWriter(after, call());
        assertNotEquals(before, after);
        assertNotEquals(writerBefore, writerAfter);
        clientMethods().forEach((name, method) -> {
            if (name.equals("close")) {
                method.accept(before);
            } else {
                refused(IllegalStateException.class, name, method, before);
            }
        });
        writerMethods().forEach((name, method) -> refused(IllegalStateException.class, name, method, writerBefore));
        assertTrue(Native.health(after).length > 0, "closing the old handle again leaves the new client alone");
        assertTrue(Native.writerTotals(writerAfter).length > 0);
        Frames.end(after);
    }

    @Test
    void anIdOfACallIsNotTakenTwiceAndNeverZero() {
        long client = Frames.open("http://127.0.0.1:1");
        byte[] options = Frames.lineOptions();
        byte[] line = Frames.line();
        assertThrows(
                IllegalArgumentException.class, () -> Native.startWriteLines(client, 0, line, 0, line.length, options));
        long writer = Frames.openWriter(client, 5);
        assertThrows(
                IllegalArgumentException.class,
                () -> Native.startWriteLines(client, 5, line, 0, line.length, options),
                "the id of a writer that reports");
        assertThrows(IllegalArgumentException.class, () -> Native.openWriter(client, 5, Frames.writer()));
        assertThrows(IllegalArgumentException.class, () -> Native.startFlush(writer, 5));
        // Ids that nobody uses are ignored.
        Native.cancel(client, 77);
        Native.more(client, 77, Integer.MAX_VALUE);
        Native.answer(client, 77, new byte[] {0});
        Native.answer(client, Long.MIN_VALUE, new byte[] {0});
        Frames.end(client);
    }
}
