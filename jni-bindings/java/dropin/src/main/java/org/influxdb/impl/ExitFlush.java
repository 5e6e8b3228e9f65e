package org.influxdb.impl;

import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends what is queued when the JVM ends in order and batching was not ended before: its threads are daemons, which the
 * JVM does not wait for. A server that does not answer holds the end up by a limited time.
 */
final class ExitFlush {

    private static final Logger LOG = Logger.getLogger(ExitFlush.class.getName());

    private static final long LIMIT_SECONDS = 10;

    private final Thread hook;

    /** @param flush sends what is queued; runs once at most, in a thread of its own */
    ExitFlush(Runnable flush) {
        hook = new Thread(() -> runLimited(flush), "influxdb-batch-exit");
    }

    private static void runLimited(Runnable flush) {
        Thread sending = new Thread(flush, "influxdb-batch-last-flush");
        sending.setDaemon(true);
        sending.start();
        try {
            sending.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void arm() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Who begins to batch in a shutdown hook has to end it there.
            LOG.log(Level.FINE, "the JVM is ending already", e);
        }
    }

    void disarm() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It may run at the same time: the one of the two that comes first sends the points.
            LOG.log(Level.FINE, "the JVM is ending already", e);
        }
    }
}
