package org.influxdb.impl;

import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the threads of batching where the application gives no factory. Not for applications.
 *
 * <p>They are daemons, so that a client nobody closed does not keep a JVM alive. In {@link Legacy} mode they are those
 * of {@link Executors#defaultThreadFactory()}.
 */
public final class DaemonThreads implements ThreadFactory {

    private static final DaemonThreads FACTORY = new DaemonThreads();

    private final AtomicInteger made = new AtomicInteger();

    private DaemonThreads() {}

    /**
     * The factory.
     *
     * @return always the same
     */
    public static ThreadFactory factory() {
        return FACTORY;
    }

    @Override
    public Thread newThread(Runnable work) {
        if (Legacy.isOn()) {
            return Executors.defaultThreadFactory().newThread(work);
        }
        Thread thread = new Thread(work, "influxdb-batch-" + made.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
