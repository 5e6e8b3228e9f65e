package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** Hands the reports of a writer to its listener, one after the other and in order. */
final class ReportQueue implements Receiver {

    private static final System.Logger LOG = System.getLogger("io.influxclient");

    private final NativeClient client;
    private final BatchListener listener;
    private final Queue<FrameReader> waiting = new ArrayDeque<>();
    private boolean running;
    private boolean ended;
    private volatile long id;

    ReportQueue(NativeClient client, BatchListener listener) {
        this.client = client;
        this.listener = listener;
    }

    /** Takes the number of the writer, before there can be a report. */
    void under(long writer) {
        id = writer;
    }

    /** The number of the writer. */
    long writer() {
        return id;
    }

    @Override
    public boolean accept(int kind, FrameReader body) {
        if (kind != Completion.REPORT) {
            synchronized (waiting) {
                ended = true;
                waiting.notifyAll();
            }
            return true;
        }
        synchronized (waiting) {
            waiting.add(body);
            if (running) {
                return false;
            }
            running = true;
        }
        client.submit(this::run);
        return false;
    }

    /** Waits until the listener was told everything, but not for ever. */
    void awaitEnd(Duration limit) {
        long end = System.nanoTime() + FrameWriter.nanoseconds(limit);
        boolean interrupted = false;
        synchronized (waiting) {
            for (long left = end - System.nanoTime(); (running || !ended) && left > 0; left = end - System.nanoTime()) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(waiting, left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (true) {
            FrameReader frame;
            synchronized (waiting) {
                frame = waiting.poll();
                if (frame == null) {
                    running = false;
                    waiting.notifyAll();
                    return;
                }
            }
            try {
                listener.settled(new BatchReport(frame));
            } catch (Throwable e) { // also checked ones, which other languages let pass
                LOG.log(System.Logger.Level.WARNING, "a listener of a batch writer failed", e);
            }
            client.more(id, 1);
        }
    }
}
