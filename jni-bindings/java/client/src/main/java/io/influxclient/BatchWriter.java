package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import io.influxclient.internal.NativeClient;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Gathers points and writes them in the background: bounded by points and bytes, several requests at once, points of
 * one series in their order. Any number of threads may push at once.
 *
 * <p>Closing the client closes its writers first.
 */
public final class BatchWriter implements AutoCloseable {

    private final InfluxClient owner;
    private final NativeClient client;
    private final Precision precision;
    private final Duration closeLimit;
    private final ReportQueue reports;
    private final boolean tellsReports;
    private final long id;
    private final long handle;
    private boolean closed;
    /** What it leaves behind is known. */
    private boolean ended;

    private volatile WriterTotals last;

    BatchWriter(InfluxClient owner, BatchWriterBuilder settings) {
        this.owner = owner;
        client = owner.nativeClient();
        precision = settings.precision();
        closeLimit = settings.closeLimit();
        tellsReports = settings.listener() != null;
        reports = new ReportQueue(client, settings.listener());
        FrameReader reply = new FrameReader(client.openWriter(reports, reports::under, settings.frame()));
        id = reports.writer();
        if (reply.bool()) {
            client.forgetWriter(id);
            throw new InvalidSettingsException(reply.text(), -1, reply.text());
        }
        handle = reply.i64();
        owner.opened(this);
        if (client.isClosing()) {
            // It may have come too late to be closed with the others.
            owner.closed(this);
            if (!tellsReports) {
                client.forgetWriter(id);
            }
            throw NativeClient.isClosed();
        }
    }

    /**
     * Accepts the points of a batch; waits for room if the writer is to ({@link Overflow}). The batch can be cleared
     * and used again afterwards. Either all points are accepted or none.
     *
     * @param batch the points, with times in the writer's precision
     * @throws PushException if they were not accepted; nothing of them will be sent, except that after an interrupt a
     *     spool may have kept them ({@link PushException#outcome()})
     * @throws InvalidPointException if points could not be stored by any server; nothing of the batch will be sent
     * @throws IllegalArgumentException if the batch has another precision than the writer
     * @throws IllegalStateException if the batch is closed, or its last point has no end
     */
    public void push(PointBatch batch) {
        check(batch);
        PushCall call = new PushCall(batch::release);
        batch.lend();
        call.await(() -> client.startPush(call, handle, batch.buffer(), batch.bytes(), false));
    }

    /**
     * Accepts the points of a batch as {@link #push(PointBatch)}, and tells what becomes of them.
     *
     * @param batch the points, with times in the writer's precision
     * @return a future that completes on the client's executor: with the acknowledgement, a {@link WriteException} or a
     *     {@link DeliveryException}. They are about the whole batch of the writer that took the points. Where the points went into
     *     several batches and not all of those were acknowledged, it is a {@link DeliveryException} about all of them together.
     *     Cancelling it changes nothing about the points
     * @throws PushException if they were not accepted; nothing of them will be sent, except that after an interrupt a
     *     spool may have kept them ({@link PushException#outcome()})
     * @throws InvalidPointException if points could not be stored by any server; nothing of the batch will be sent
     * @throws IllegalArgumentException if the batch has another precision than the writer
     * @throws IllegalStateException if the batch is closed, or its last point has no end
     */
    public CompletableFuture<WriteResult> pushTracked(PointBatch batch) {
        check(batch);
        TrackedPush push = new TrackedPush(owner, batch::release);
        batch.lend();
        return push.begin(
                () -> unlessClosed(() -> client.startPush(push, handle, batch.buffer(), batch.bytes(), true)));
    }

    /**
     * Accepts the points of a batch if that can be done without waiting.
     *
     * @param batch the points, with times in the writer's precision
     * @return whether they were accepted; no means that there is no room
     * @throws PushException if they were not accepted for another reason
     * @throws InvalidPointException if points could not be stored by any server; nothing of the batch will be sent
     * @throws IllegalArgumentException if the batch has another precision than the writer
     * @throws IllegalStateException if the batch is closed, or its last point has no end
     */
    public boolean tryPush(PointBatch batch) {
        check(batch);
        batch.lend();
        try {
            return accepted(unlessClosed(() -> client.tryPush(handle, batch.buffer(), batch.bytes())));
        } finally {
            batch.release();
        }
    }

    /**
     * Accepts lines as {@link #push(PointBatch)} accepts points.
     *
     * @param lines line protocol with times in the writer's precision
     * @throws PushException if they were not accepted; nothing of them will be sent, except that after an interrupt a
     *     spool may have kept them ({@link PushException#outcome()})
     * @throws InvalidPointException if lines could not be stored by any server; nothing of them will be sent
     */
    public void pushLines(String lines) {
        byte[] bytes = LineProtocol.of(lines).bytes();
        pushLines(bytes, 0, bytes.length);
    }

    /**
     * Accepts lines as {@link #push(PointBatch)} accepts points.
     *
     * @param lines line protocol in UTF-8 with times in the writer's precision
     * @param offset where they begin in the array
     * @param length how many bytes they have
     * @throws IndexOutOfBoundsException if the part is not within the array
     * @throws PushException if they were not accepted; nothing of them will be sent, except that after an interrupt a
     *     spool may have kept them ({@link PushException#outcome()})
     * @throws InvalidPointException if lines could not be stored by any server; nothing of them will be sent
     */
    public void pushLines(byte[] lines, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, lines.length);
        PushCall call = new PushCall(() -> {});
        call.await(() -> client.startPushLines(call, handle, lines, offset, length, false));
    }

    /**
     * Sends what was accepted until now and waits until it is settled.
     *
     * @throws UnsettledPointsException if not every point since the flush before was acknowledged
     * @throws FlushInterruptedException if the thread was interrupted, which stays set; the writer goes on with
     *     the points
     * @throws PushException if the writer is closed
     */
    public void flush() {
        FlushCall call = new FlushCall();
        call.await(() -> unlessClosed(() -> client.startFlush(call, handle)));
    }

    /**
     * What the writer has done so far.
     *
     * @return the numbers; while it closes, those before the close, without {@link WriterTotals#settledBefore} and without
     *     what other threads push that moment; once closed, the last ones, which are those before the close if it failed
     * @throws InternalException if the heap had no room for the numbers before the close, and has not got the last ones
     */
    public WriterTotals totals() {
        WriterTotals known = last;
        if (known != null) {
            return known;
        }
        try {
            return new WriterTotals(new FrameReader(client.writerTotals(handle)));
        } catch (IllegalStateException e) {
            // The numbers before the close were taken before its handle was.
            known = last;
            if (known == null) {
                throw new InternalException("there was no room for the numbers of the writer");
            }
            return known;
        }
    }

    /**
     * Lets {@link WriterTotals#settledBefore} go on past points of unknown fate, for a program that has settled them
     * otherwise.
     *
     * @throws PushException if the writer is closed
     */
    public void forgetHoles() {
        unlessClosed(() -> {
            client.forgetHoles(handle);
            return null;
        });
    }

    /**
     * Accepts no more points, waits for what is pending, and hands back what was not settled in time. Then waits, as
     * long again at most, until the listener was told of every batch; but not if a listener or policy closes the
     * writer. An interrupt does not shorten the wait, as what is handed back would be lost; it stays set.
     *
     * @param limit how long to wait
     * @return what the writer leaves behind
     * @throws PushException if the writer is closed already
     * @throws InternalException if the heap has no room for what is handed back, which is lost then: it needs as much as
     *     is pending, see {@link WriterTotals#pending}. The writer is closed
     * @throws OutOfMemoryError likewise
     * @throws IllegalArgumentException if the time is negative
     */
    public WriterClosed close(Duration limit) {
        InfluxClientBuilder.checked(limit);
        client.checkMayWait();
        if (!beginClose()) {
            throw new PushException(PushException.Reason.CLOSED, "the writer is closed");
        }
        return finishClose(limit);
    }

    private synchronized boolean beginClose() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    private WriterClosed finishClose(Duration limit) {
        // Until what it leaves behind is known, and for good if that does not get here.
        last = totalsIfKnown();
        try {
            CloseCall call = new CloseCall();
            return call.await(() -> client.startCloseWriter(call, handle, FrameWriter.nanoseconds(limit)));
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
            if (!tellsReports) {
                client.forgetWriter(id);
            } else if (!NativeClient.isInCallback()) {
                reports.awaitEnd(limit);
            }
            // A client that is closed from now on would end what was waited for.
            owner.closed(this);
        }
    }

    private WriterTotals totalsIfKnown() {
        try {
            return new WriterTotals(new FrameReader(client.writerTotals(handle)), false);
        } catch (RuntimeException | OutOfMemoryError e) {
            return null;
        }
    }

    /**
     * Closes the writer with the limit of its settings. Closing it again does nothing, except that it waits where
     * another thread is about to close it.
     *
     * @throws UnsettledPointsException if not every point was acknowledged, over the life of the writer: with what it
     *     leaves behind, and with the failures that no flush has told
     * @throws InternalException if the heap has no room for what it leaves behind: see {@link #close(Duration)}
     * @throws OutOfMemoryError likewise
     */
    @Override
    public void close() {
        if (!client.mayWait()) {
            synchronized (this) {
                if (closed) {
                    return;
                }
            }
            client.checkMayWait();
        }
        if (!beginClose()) {
            awaitOther();
            return;
        }
        WriterClosed left = finishClose(closeLimit);
        if (!left.isComplete()) {
            throw new UnsettledPointsException(left);
        }
    }

    /**
     * Waits until the thread that closes the writer knows what it leaves behind: its client must not be closed before.
     */
    private void awaitOther() {
        boolean interrupted = false;
        synchronized (this) {
            while (!ended) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (tellsReports && !NativeClient.isInCallback()) {
            // A client that closes would end what that thread still waits for.
            reports.awaitEnd(closeLimit);
        }
    }

    private void check(PointBatch batch) {
        if (batch.precision() != precision) {
            throw new IllegalArgumentException(
                    "the times of the batch are " + batch.precision() + ", those of the writer " + precision);
        }
    }

    private static boolean accepted(byte[] reply) {
        if (reply == null) {
            return true;
        }
        InfluxException error = PushException.read(new FrameReader(reply));
        if (error instanceof PushException && ((PushException) error).reason() == PushException.Reason.FULL) {
            return false;
        }
        throw error;
    }

    /**
     * The same for a call of the native library that is refused because the writer is closed, or because its client is
     * and is about to close it.
     */
    private <T> T unlessClosed(Supplier<T> call) {
        try {
            return call.get();
        } catch (IllegalStateException e) {
            throw new PushException(PushException.Reason.CLOSED, "the writer is closed");
        }
    }

    /** A push that is waited for. */
    private final class PushCall extends Call<Void> {

        private final Runnable release;

        PushCall(Runnable release) {
            super(owner, null);
            this.release = release;
        }

        @Override
        void ended() {
            release.run();
        }

        @Override
        Void await(LongSupplier start) {
            return super.await(() -> unlessClosed(start::getAsLong));
        }

        @Override
        Void decode(int kind, FrameReader body) {
            switch (kind) {
                case Completion.PUSHED:
                    return null;
                case Completion.PUSH_ERROR:
                    throw PushException.read(body);
                case Completion.CANCELLED:
                    throw PushException.interrupted(body.bool());
                default:
                    throw new InternalException("a push cannot end with completion " + kind);
            }
        }
    }

    /** A flush. */
    private final class FlushCall extends Call<Void> {

        FlushCall() {
            super(owner, null);
        }

        @Override
        Void decode(int kind, FrameReader body) {
            switch (kind) {
                case Completion.FLUSHED:
                    if (body.bool()) {
                        return null;
                    }
                    body.i64();
                    Tally tally = new Tally(body);
                    List<Delivery> failures = body.list(() -> new Delivery(body));
                    throw new UnsettledPointsException(body.text(), tally, failures);
                case Completion.PUSH_ERROR:
                    throw PushException.read(body);
                case Completion.CANCELLED:
                    throw new FlushInterruptedException();
                default:
                    throw new InternalException("a flush cannot end with completion " + kind);
            }
        }
    }

    /** A close, which no interrupt ends. */
    private final class CloseCall extends Call<WriterClosed> {

        CloseCall() {
            super(owner, null);
        }

        @Override
        boolean endsByInterrupt() {
            return false;
        }

        @Override
        WriterClosed decode(int kind, FrameReader body) {
            if (kind == Completion.WRITER_CLOSED) {
                return new WriterClosed(body, precision, totals -> last = totals);
            }
            throw new InternalException("a writer cannot end with completion " + kind);
        }
    }
}
