package io.influxclient.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs code of the application: what futures, policies and listeners do. */
final class Callbacks {

    /** How deep the thread is in code that a client called. */
    private static final ThreadLocal<Integer> DEPTH = ThreadLocal.withInitial(() -> 0);

    private Callbacks() {}

    /** Whether this thread runs code that a client called and perhaps waits for. */
    static boolean isInside() {
        return DEPTH.get() > 0;
    }

    /** Runs the code here. */
    static void run(Runnable code) {
        DEPTH.set(DEPTH.get() + 1);
        try {
            code.run();
        } finally {
            DEPTH.set(DEPTH.get() - 1);
            if (DEPTH.get() == 0) {
                DEPTH.remove();
            }
        }
    }

    /**
     * Runs the code once on the executor, or on a thread of its own where that takes no more: nothing is ever left
     * undone.
     */
    static void submit(Executor executor, Runnable code) {
        AtomicBoolean begun = new AtomicBoolean();
        Runnable marked = () -> {
            if (begun.compareAndSet(false, true)) {
                run(code);
            }
        };
        try {
            executor.execute(marked);
        } catch (Throwable e) { // it is the application's, and may throw anything
            if (!begun.get()) {
                insteadOf(marked);
            }
        }
    }

    private static void insteadOf(Runnable marked) {
        try {
            daemon("influx-client-callback", marked).start();
        } catch (OutOfMemoryError e) {
            // There is no room for a thread more.
            marked.run();
        }
    }

    /** A thread that keeps no JVM alive. */
    static Thread daemon(String name, Runnable code) {
        Thread thread = new Thread(code, name);
        thread.setDaemon(true);
        return thread;
    }
}
