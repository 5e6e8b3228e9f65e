package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** A push that is followed: first it is accepted, which is waited for, and later its points are settled. */
final class TrackedPush implements Receiver {

    /** Not read: until the points are settled, the client is not garbage. */
    @SuppressWarnings("unused")
    private final InfluxClient owner;

    private final NativeClient client;
    private final Runnable release;
    private final CompletableFuture<WriteResult> fate = new CompletableFuture<>();
    private boolean accepted;
    private int kind = -1;
    private FrameReader body;

    TrackedPush(InfluxClient owner, Runnable release) {
        this.owner = owner;
        client = owner.nativeClient();
        this.release = release;
    }

    /** Starts it and waits until the points are accepted. */
    CompletableFuture<WriteResult> begin(LongSupplier start) {
        if (!client.mayWait()) {
            release.run();
            client.checkMayWait();
        }
        if (Thread.currentThread().isInterrupted()) {
            // As a call that is waited for: what was not begun is certain.
            release.run();
            throw PushException.interrupted(false);
        }
        long id;
        boolean started = false;
        try {
            id = start.getAsLong();
            started = true;
        } finally {
            if (!started) {
                release.run();
            }
        }
        boolean interrupted = false;
        synchronized (this) {
            while (kind < 0) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                    // Once the points are accepted, this changes nothing.
                    client.cancel(id);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (kind) {
            case Completion.PUSHED:
                return fate;
            case Completion.PUSH_ERROR:
                throw PushException.read(body);
            case Completion.CANCELLED:
                throw PushException.interrupted(body.bool());
            case Completion.INTERNAL:
                throw new InternalException(body.text());
            default:
                throw new InternalException("a push cannot have completion " + kind);
        }
    }

    @Override
    public boolean accept(int arrived, FrameReader with) {
        // Only one thread brings completions.
        if (accepted) {
            client.submit(() -> settle(arrived, with));
            return true;
        }
        accepted = true;
        // Accepted or refused: the rows are read. Whoever waits may change the batch at once.
        release.run();
        synchronized (this) {
            kind = arrived;
            body = with;
            notifyAll();
        }
        return arrived != Completion.PUSHED;
    }

    private void settle(int arrived, FrameReader with) {
        try {
            switch (arrived) {
                case Completion.DELIVERED:
                    fate.complete(new Delivery(with).get());
                    break;
                case Completion.CANCELLED:
                    fate.completeExceptionally(new DeliveryException(
                            "lost", Outcome.UNKNOWN, "the client was closed before the points were settled"));
                    break;
                case Completion.INTERNAL:
                    fate.completeExceptionally(new InternalException(with.text()));
                    break;
                default:
                    fate.completeExceptionally(new InternalException("a push cannot have completion " + arrived));
            }
        } catch (RuntimeException | Error e) {
            fate.completeExceptionally(e);
        }
    }
}
