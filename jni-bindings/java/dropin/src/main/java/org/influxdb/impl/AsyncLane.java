package org.influxdb.impl;

import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import okhttp3.Dispatcher;

/**
 * Runs queries in the background on the threads of an OkHttp dispatcher, as many at a time as that allows for one
 * host; the others wait.
 */
final class AsyncLane {

    private static final Logger LOG = Logger.getLogger(AsyncLane.class.getName());

    private final Dispatcher dispatcher;
    private final Queue<Job> waiting = new ArrayDeque<>();
    private int running;

    AsyncLane(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    /** @param refused is told where the threads were given back meanwhile */
    void run(Runnable work, Consumer<Throwable> refused) {
        synchronized (this) {
            waiting.add(new Job(work, refused));
        }
        startWaiting();
    }

    private void startWaiting() {
        for (Job job = next(); job != null; job = next()) {
            Job started = job;
            try {
                dispatcher.executorService().execute(() -> runThenNext(started));
            } catch (RejectedExecutionException e) {
                ended();
                InterruptedIOException closed = new InterruptedIOException("executor rejected");
                closed.initCause(e);
                guarded(() -> started.refused.accept(closed));
            }
        }
    }

    private void runThenNext(Job job) {
        guarded(job.work);
        ended();
        startWaiting();
    }

    /** What callbacks of the application throw is logged; it ends neither this thread nor what waits behind it. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            LOG.log(Level.SEVERE, "the callback of a query in the background failed", e);
        }
    }

    private synchronized Job next() {
        if (running >= dispatcher.getMaxRequestsPerHost()) {
            return null;
        }
        Job job = waiting.poll();
        if (job != null) {
            running++;
        }
        return job;
    }

    private synchronized void ended() {
        running--;
    }

    /** Gives the threads back when the work under way has ended. */
    void close() {
        dispatcher.executorService().shutdown();
    }

    private static final class Job {

        final Runnable work;
        final Consumer<Throwable> refused;

        Job(Runnable work, Consumer<Throwable> refused) {
            this.work = work;
            this.refused = refused;
        }
    }
}
