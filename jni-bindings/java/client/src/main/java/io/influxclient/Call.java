package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * A call of the native library with one result: either a thread waits for it, or it goes to a future. Its retry policy,
 * if written in Java, is asked by the thread that waits, or by the client's executor.
 */
abstract class Call<T> implements Receiver {

    /** Not read: as long as the call is under way, its client is not garbage. */
    @SuppressWarnings("unused")
    private final InfluxClient owner;

    private final NativeClient client;
    private final RetryPolicy policy;
    /** Null if a thread waits. */
    private volatile CallFuture<T> future;

    private volatile Throwable policyFailure;

    private final Queue<Arrival> arrivals = new ArrayDeque<>();

    Call(InfluxClient owner, RetryPolicy policy) {
        this.owner = owner;
        client = owner.nativeClient();
        this.policy = policy;
    }

    /** What the last completion says, as a result or an exception. */
    abstract T decode(int kind, FrameReader body);

    /** Nothing of the call is under way any more. Called once, also where the call could not be started. */
    void ended() {}

    /** Whether an interrupt of the waiting thread ends the call. */
    boolean endsByInterrupt() {
        return true;
    }

    /** Whether one also does that once the call has begun. */
    boolean endsByInterruptOnceBegun() {
        return endsByInterrupt();
    }

    /** Starts the call and waits for its end. An interrupt ends the call; what it knows then is returned or thrown. */
    T await(LongSupplier start) {
        if (!client.mayWait()) {
            ended();
            client.checkMayWait();
        }
        if (endsByInterrupt() && Thread.currentThread().isInterrupted()) {
            // Starting it would only make doubt of what is certain now.
            ended();
            return decode(Completion.CANCELLED, new FrameReader(new byte[] {0}));
        }
        long id = started(start);
        boolean interrupted = false;
        try {
            while (true) {
                Arrival arrival;
                try {
                    arrival = next();
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (endsByInterruptOnceBegun()) {
                        client.cancel(id);
                    }
                    continue;
                }
                if (arrival.kind != Completion.QUESTION) {
                    return result(arrival.kind, arrival.body);
                }
                NativeClient.callback(() -> answer(arrival.body));
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts the call; what comes of it completes the future on the client's executor. */
    CompletableFuture<T> async(LongSupplier start) {
        CallFuture<T> result = new CallFuture<>();
        future = result;
        result.under(client, started(start));
        return result;
    }

    private long started(LongSupplier start) {
        boolean started = false;
        try {
            long id = start.getAsLong();
            started = true;
            return id;
        } finally {
            if (!started) {
                ended();
            }
        }
    }

    @Override
    public boolean accept(int kind, FrameReader body) {
        boolean last = kind != Completion.QUESTION;
        if (last) {
            ended();
        }
        CallFuture<T> waiting = future;
        if (waiting == null) {
            synchronized (arrivals) {
                arrivals.add(new Arrival(kind, body));
                arrivals.notifyAll();
            }
        } else if (last) {
            client.submit(() -> complete(waiting, kind, body));
        } else {
            client.submit(() -> answer(body));
        }
        return last;
    }

    private Arrival next() throws InterruptedException {
        synchronized (arrivals) {
            while (arrivals.isEmpty()) {
                arrivals.wait();
            }
            return arrivals.remove();
        }
    }

    private void complete(CallFuture<T> waiting, int kind, FrameReader body) {
        T result;
        try {
            result = result(kind, body);
        } catch (RuntimeException | Error e) {
            waiting.completeExceptionally(e);
            return;
        }
        waiting.complete(result);
    }

    private T result(int kind, FrameReader body) {
        try {
            return kind == Completion.INTERNAL ? internal(body) : decode(kind, body);
        } catch (RuntimeException | Error e) {
            if (policyFailure != null && policyFailure != e) {
                e.addSuppressed(policyFailure);
            }
            throw e;
        }
    }

    private static <T> T internal(FrameReader body) {
        throw new InternalException(body.text());
    }

    private void answer(FrameReader body) {
        Questions.answer(client, policy, body, thrown -> policyFailure = thrown);
    }

    /** A completion that was not looked at yet. */
    private static final class Arrival {

        final int kind;
        final FrameReader body;

        Arrival(int kind, FrameReader body) {
            this.kind = kind;
            this.body = body;
        }
    }

    /** A future whose cancelling ends the call. */
    private static final class CallFuture<T> extends CompletableFuture<T> {

        private volatile NativeClient client;
        private volatile long id;

        void under(NativeClient client, long id) {
            this.id = id;
            this.client = client;
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            boolean cancelled = super.cancel(mayInterrupt);
            NativeClient running = client;
            if (cancelled && running != null) {
                running.cancel(id);
            }
            return cancelled;
        }
    }
}
