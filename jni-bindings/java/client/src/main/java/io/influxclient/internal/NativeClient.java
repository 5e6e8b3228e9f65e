package io.influxclient.internal;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * A client of the native library: starts its calls and hands out what comes of them.
 *
 * <p>One daemon thread fetches completions and gives each to the {@link Receiver} of its call. Closing waits for the
 * calls that are under way, streams excepted, which it ends.
 */
public final class NativeClient {

    private static final System.Logger LOG = System.getLogger("io.influxclient");

    /** Under this id lie the questions to policies that belong to no call. */
    private static final long NO_CALL = 0;

    private final long handle;
    private final Executor executor;
    private final Map<Long, Receiver> receivers = new ConcurrentHashMap<>();
    /** Ids of streams and writers, which closing does not wait for. */
    private final Map<Long, Boolean> streams = new ConcurrentHashMap<>();

    private final AtomicLong ids = new AtomicLong();
    private final Thread dispatcher;
    private final Object lock = new Object();

    // Guarded by the lock.
    private int underWay;
    private boolean closing;
    private boolean closed;

    /**
     * A client over the handle that {@link #open} told.
     *
     * @param handle the handle
     * @param executor runs the application's code
     * @param questions takes questions of calls that nobody waits for
     */
    public NativeClient(long handle, Executor executor, Receiver questions) {
        this.handle = handle;
        this.executor = executor;
        receivers.put(NO_CALL, questions);
        dispatcher = Callbacks.daemon("influx-client-completions", this::dispatch);
        boolean started = false;
        try {
            dispatcher.start();
            started = true;
        } finally {
            if (!started) {
                // No room for a thread: nobody else knows the handle. Nothing was begun, so there is nothing to fetch.
                Native.close(handle);
                Native.next(handle);
            }
        }
    }

    /** The reply of the native library to settings: a handle, or why there is none. */
    public static byte[] open(byte[] settings) {
        ClientLibrary.load();
        return Native.open(settings);
    }

    /** What a server's reply to a write means. */
    public static byte[] classify(byte[] reply) {
        ClientLibrary.load();
        return Native.classify(reply);
    }

    /** The next stamp of this process in a precision, from 0 for nanoseconds to 5 for hours. */
    public static long stamp(int precision) {
        ClientLibrary.load();
        return Native.stamp(precision);
    }

    /** Starts a call with an id. */
    private interface Start {
        void with(long client, long call);
    }

    private long start(Receiver receiver, boolean counts, boolean evenClosing, Start start) {
        Objects.requireNonNull(receiver, "receiver");
        synchronized (lock) {
            if (closed || closing && !evenClosing) {
                throw isClosed();
            }
            underWay += counts ? 1 : 0;
        }
        long call = ids.incrementAndGet();
        if (!counts) {
            streams.put(call, Boolean.TRUE);
        }
        receivers.put(call, receiver);
        try {
            start.with(handle, call);
        } catch (RuntimeException | Error e) {
            if (ended(call)) {
                throw e;
            }
            // Abandoned this moment, and the receiver was told so: it must not learn of two ends.
        }
        return call;
    }

    /** What is thrown where a call comes too late. */
    public static IllegalStateException isClosed() {
        return new IllegalStateException("the client is closed");
    }

    /** Whether it refuses new calls. */
    public boolean isClosing() {
        synchronized (lock) {
            return closing;
        }
    }

    /** Writes rows; the buffer must stay as it is until the last completion. */
    public long startWrite(Receiver receiver, ByteBuffer rows, int length, byte[] options) {
        checkRows(rows, length);
        Objects.requireNonNull(options, "options");
        return start(receiver, true, false, (client, call) -> Native.startWrite(client, call, rows, length, options));
    }

    /** Writes line protocol. */
    public long startWriteLines(Receiver receiver, byte[] lines, int offset, int length, byte[] options) {
        Objects.checkFromIndexSize(offset, length, lines.length);
        Objects.requireNonNull(options, "options");
        return start(
                receiver,
                true,
                false,
                (client, call) -> Native.startWriteLines(client, call, lines, offset, length, options));
    }

    /** Asks; as a stream, the answer comes in pieces. */
    public long startQuery(Receiver receiver, byte[] query, boolean stream) {
        Objects.requireNonNull(query, "query");
        return start(receiver, !stream, false, (client, call) -> Native.startQuery(client, call, query, stream));
    }

    /** Makes one HTTP request as it is. A stream must be said to be one in the frame, too. */
    public long startRequest(Receiver receiver, byte[] request, boolean stream) {
        Objects.requireNonNull(request, "request");
        return start(receiver, !stream, false, (client, call) -> Native.startRequest(client, call, request));
    }

    /** Asks every server whether it is there. */
    public long startPing(Receiver receiver) {
        return start(receiver, true, false, Native::startPing);
    }

    /** Reads rows back from the replicas. */
    public long startResolve(Receiver receiver, ByteBuffer rows, int length, byte[] options) {
        checkRows(rows, length);
        Objects.requireNonNull(options, "options");
        return start(receiver, true, false, (client, call) -> Native.startResolve(client, call, rows, length, options));
    }

    /** Fails on purpose, if the settings allow it. */
    public long startProvoke(Receiver receiver, int what) {
        return start(receiver, true, false, (client, call) -> Native.provoke(client, call, what));
    }

    /** Gives up waiting for a call; it ends with what is known. */
    public void cancel(long call) {
        synchronized (lock) {
            if (closed) {
                return;
            }
        }
        try {
            Native.cancel(handle, call);
        } catch (IllegalStateException e) {
            // Closed this moment, which cancels as well.
        }
    }

    /** Allows a stream or the reports of a writer so many more completions. */
    public void more(long call, int count) {
        try {
            Native.more(handle, call, count);
        } catch (IllegalStateException e) {
            // Closed meanwhile: nothing more comes but the last one.
        }
    }

    /** Answers a question. */
    public void answer(long question, byte[] decision) {
        try {
            Native.answer(handle, question, decision);
        } catch (IllegalStateException e) {
            // Closed meanwhile: nobody waits for the answer.
        }
    }

    /** How the endpoints stand. */
    public byte[] health() {
        return Native.health(handle);
    }

    /** Runs code of the application on its executor. */
    public void submit(Runnable code) {
        Callbacks.submit(executor, code);
    }

    /** Runs code of the application on this thread, from which a close does not wait for the call that runs it. */
    public static void callback(Runnable code) {
        Callbacks.run(code);
    }

    /** Whether this thread may wait for a completion: all but the one that delivers them. */
    public boolean mayWait() {
        return Thread.currentThread() != dispatcher;
    }

    /**
     * Refuses to wait where that would be for ever.
     *
     * @throws IllegalStateException on the thread that delivers completions
     */
    public void checkMayWait() {
        if (!mayWait()) {
            throw new IllegalStateException(
                    "this thread delivers what comes of calls, so it cannot wait for one: use a method that"
                            + " returns a future, or give the client an executor with threads of its own");
        }
    }

    /** Runs the code on a daemon thread. */
    public static void inBackground(String name, Runnable code) {
        Callbacks.daemon(name, code).start();
    }

    /** Whether this thread runs code that a client called. */
    public static boolean isInCallback() {
        return Callbacks.isInside();
    }

    /**
     * Starts a background writer.
     *
     * @param id gets the id of the writer, under which its reports come, before the first of them
     * @return the reply of the native library
     */
    public byte[] openWriter(Receiver reports, LongConsumer id, byte[] settings) {
        byte[][] reply = new byte[1][];
        start(reports, false, false, (client, call) -> {
            id.accept(call);
            reply[0] = Native.openWriter(client, call, settings);
        });
        if (reply[0] == null) {
            throw isClosed();
        }
        return reply[0];
    }

    /** Forgets the id of a writer that is closed, or was never opened. */
    public void forgetWriter(long id) {
        ended(id);
    }

    /** Adds rows to a writer without waiting; null if accepted. */
    public byte[] tryPush(long writer, ByteBuffer rows, int length) {
        checkRows(rows, length);
        return Native.tryPush(writer, rows, length);
    }

    /** Adds line protocol to a writer without waiting; null if accepted. */
    public byte[] tryPushLines(long writer, byte[] lines, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, lines.length);
        return Native.tryPushLines(writer, lines, offset, length);
    }

    /** Adds rows to a writer. */
    public long startPush(Receiver receiver, long writer, ByteBuffer rows, int length, boolean tracked) {
        checkRows(rows, length);
        return start(receiver, true, false, (client, call) -> Native.startPush(writer, call, rows, length, tracked));
    }

    /** Adds line protocol to a writer. */
    public long startPushLines(Receiver receiver, long writer, byte[] lines, int offset, int length, boolean tracked) {
        Objects.checkFromIndexSize(offset, length, lines.length);
        return start(
                receiver,
                true,
                false,
                (client, call) -> Native.startPushLines(writer, call, lines, offset, length, tracked));
    }

    /** Sends what a writer has gathered. */
    public long startFlush(Receiver receiver, long writer) {
        return start(receiver, true, true, (client, call) -> Native.startFlush(writer, call));
    }

    /** Ends a writer. */
    public long startCloseWriter(Receiver receiver, long writer, long limitNanos) {
        return start(receiver, true, true, (client, call) -> Native.startCloseWriter(writer, call, limitNanos));
    }

    /** The numbers of a writer. */
    public byte[] writerTotals(long writer) {
        return Native.writerTotals(writer);
    }

    /** Lets the settled horizon of a writer go on past points of unknown fate. */
    public void forgetHoles(long writer) {
        Native.forgetHoles(writer);
    }

    private static void checkRows(ByteBuffer rows, int length) {
        if (!rows.isDirect()) {
            throw new IllegalArgumentException("the rows are not in a direct buffer");
        }
        Objects.checkFromIndexSize(0, length, rows.capacity());
    }

    /** Refuses new calls from now on. */
    public void beginClose() {
        synchronized (lock) {
            closing = true;
        }
    }

    /**
     * Waits for the calls under way and gives the client back; at once if that was done. An interrupt ends the calls
     * and is set again. From code that a client called it returns at once, since it would wait for itself, and the rest
     * is done in the background.
     */
    public void close() {
        beginClose();
        if (isInCallback()) {
            Callbacks.daemon("influx-client-close", this::finishClose).start();
        } else {
            finishClose();
        }
    }

    private void finishClose() {
        streams.keySet().forEach(this::cancel);
        boolean interrupted = false;
        synchronized (lock) {
            while (underWay > 0) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                    abandon();
                }
            }
        }
        abandon();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives the client back without waiting: calls under way end as if cancelled. */
    public void abandon() {
        synchronized (lock) {
            closing = true;
            if (closed) {
                return;
            }
            closed = true;
        }
        Native.close(handle);
    }

    /** Forgets a call; whether that was still to be done. */
    private boolean ended(long call) {
        boolean known = receivers.remove(call) != null;
        if (known) {
            forget(call);
        }
        return known;
    }

    /** For the one who took the call's receiver out. */
    private void forget(long call) {
        boolean counted = streams.remove(call) == null;
        if (counted) {
            synchronized (lock) {
                underWay--;
                lock.notifyAll();
            }
        }
    }

    private void dispatch() {
        // The native library has nothing more to say once every call that it knows has ended.
        boolean saidAll = false;
        try {
            byte[] completion = next();
            while (completion != null) {
                FrameReader frame = new FrameReader(completion);
                deliver(frame.u8(), frame.i64(), frame);
                completion = next();
            }
            saidAll = true;
        } finally {
            // What is left was never begun, unless this thread fails: then nobody shall wait for ever, and nothing is
            // known.
            byte begun = (byte) (saidAll ? 0 : 1);
            for (long call : receivers.keySet().toArray(new Long[0])) {
                // One that could not be started is told so by the thread that tried, unless this one is first.
                Receiver receiver = call == NO_CALL ? null : receivers.remove(call);
                if (receiver != null) {
                    deliver(receiver, Completion.CANCELLED, new FrameReader(new byte[] {begun}));
                    forget(call);
                }
            }
        }
    }

    private byte[] next() {
        while (true) {
            try {
                return Native.next(handle);
            } catch (OutOfMemoryError e) {
                // The completion is still there; other threads may give memory back.
                LOG.log(System.Logger.Level.ERROR, "no memory for what the native library has to say", e);
                Thread.yield();
            }
        }
    }

    private void deliver(int kind, long call, FrameReader body) {
        Receiver receiver = receivers.get(call);
        if (receiver == null && kind == Completion.QUESTION) {
            receiver = receivers.get(NO_CALL);
        }
        boolean last = receiver == null || deliver(receiver, kind, body);
        if (last && call != NO_CALL) {
            ended(call);
        }
    }

    /** Whether it was the last completion. */
    private static boolean deliver(Receiver receiver, int kind, FrameReader body) {
        try {
            return receiver.accept(kind, body);
        } catch (Throwable e) { // the thread has other completions to deliver
            LOG.log(System.Logger.Level.ERROR, "a completion of the native library was lost", e);
            return true;
        }
    }
}
