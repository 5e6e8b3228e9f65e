package org.influxdb.impl;

import io.influxclient.internal.Access;
import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.FrameWriter;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A request through the native client whose reply comes in pieces, as fast as they are read. Read by one thread. */
final class NativeExchange implements Transport.Exchange, Receiver {

    private static final int ANY_ENDPOINT = -1;
    private static final int NO_GZIP = 0;
    private static final long DEFAULT_LIMIT = -1;

    private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
    /** Held on to: the native side of a client that is garbage is given back. */
    private final SharedClient shared;

    private final NativeClient client;
    private final AtomicBoolean released = new AtomicBoolean();
    private final long callEnds;
    private volatile long id;
    private volatile boolean cancelled;

    private int status;
    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private boolean over;
    private final Body body = new Body();

    private NativeExchange(SharedClient shared, Duration wholeCall) {
        this.shared = shared;
        client = Access.get().nativeClient(shared.client);
        this.callEnds = System.nanoTime() + wholeCall.toNanos();
    }

    /** Sends a request and waits for the head of its reply. Once it has returned, closing it releases the client. */
    static NativeExchange begin(SharedClient shared, HttpCall call, Timeouts timeouts) throws IOException {
        NativeExchange exchange = new NativeExchange(shared, timeouts.call);
        exchange.id = exchange.client.startRequest(exchange, frame(call, timeouts.read), true);
        boolean begun = false;
        try {
            exchange.readHead();
            begun = true;
        } finally {
            if (!begun) {
                exchange.giveUp();
            }
        }
        return exchange;
    }

    private static byte[] frame(HttpCall call, Duration eachWait) {
        FrameWriter frame = new FrameWriter().text(call.method).text(call.path).text(call.query);
        boolean typed = call.contentType != null;
        frame.i32((typed ? 1 : 0) + (call.messagePack ? 1 : 0));
        if (typed) {
            frame.text("Content-Type").text(call.contentType);
        }
        if (call.messagePack) {
            frame.text("Accept").text(MessagePackResults.MEDIA_TYPE);
        }
        return frame.bytes(call.body == null ? new byte[0] : call.body)
                .u8(NO_GZIP)
                .i32(ANY_ENDPOINT)
                .bool(false)
                .duration(eachWait)
                .i64(DEFAULT_LIMIT)
                .bool(true)
                .toBytes();
    }

    @Override
    public boolean accept(int kind, FrameReader arrived) {
        arrivals.add(new Arrival(kind, arrived));
        return kind != Completion.ANSWER && kind != Completion.BODY;
    }

    private void readHead() throws IOException {
        Arrival head = next();
        if (head.kind != Completion.ANSWER) {
            throw failure(head);
        }
        status = head.body.i32();
        head.body.i64();
        for (int left = head.body.i32(); left > 0; left--) {
            headers.putIfAbsent(head.body.text(), head.body.text());
        }
        client.more(id, 1);
    }

    /** Waits for the next completion. An interrupt ends the call. */
    private Arrival next() throws IOException {
        try {
            Arrival arrival = arrivals.poll(callEnds - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (arrival == null) {
                cancel();
                throw new InterruptedIOException("timeout");
            }
            return arrival;
        } catch (InterruptedException e) {
            cancel();
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    private IOException failure(Arrival arrival) {
        over = true;
        switch (arrival.kind) {
            case Completion.REQUEST_ERROR:
                String text = arrival.body.text();
                boolean neverConnected = arrival.body.bool();
                boolean timeout = arrival.body.bool();
                if (neverConnected) {
                    return new ConnectException("Failed to connect to " + server(arrival.body) + ": " + text);
                }
                return timeout ? new SocketTimeoutException(text) : lost(text);
            case Completion.CANCELLED:
                return new IOException(cancelled ? "Canceled" : "the client was closed");
            case Completion.INTERNAL:
                return new IOException("internal error of the native client: " + arrival.body.text());
            default:
                return new IOException("the native client answered a request with completion " + arrival.kind);
        }
    }

    /** Once the head is there, a program has seen part of the reply. */
    private IOException lost(String text) {
        return status == 0 ? new LostException(text) : new IOException(text);
    }

    private static String server(FrameReader requestError) {
        // How much of the body was taken: nothing.
        requestError.i64();
        return requestError.text();
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public String message() {
        return "";
    }

    @Override
    public String header(String name) {
        return headers.get(name);
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public void cancel() {
        cancelled = true;
        client.cancel(id);
    }

    @Override
    public void close() {
        giveUp();
        if (released.compareAndSet(false, true)) {
            shared.release();
        }
    }

    private void giveUp() {
        if (!over) {
            cancel();
        }
    }

    /** The connection was lost before a reply came. */
    static final class LostException extends IOException {

        private static final long serialVersionUID = 1L;

        LostException(String text) {
            super(text);
        }
    }

    private static final class Arrival {

        final int kind;
        final FrameReader body;

        Arrival(int kind, FrameReader body) {
            this.kind = kind;
            this.body = body;
        }
    }

    private final class Body extends InputStream {

        private byte[] piece = new byte[0];
        private int at;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (at == piece.length) {
                if (!fill()) {
                    return -1;
                }
            }
            int count = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, into, offset, count);
            at += count;
            return count;
        }

        private boolean fill() throws IOException {
            if (over) {
                return false;
            }
            Arrival arrival = next();
            if (arrival.kind == Completion.END) {
                over = true;
                return false;
            }
            if (arrival.kind != Completion.BODY) {
                throw failure(arrival);
            }
            piece = arrival.body.bytes();
            at = 0;
            client.more(id, 1);
            return true;
        }
    }
}
