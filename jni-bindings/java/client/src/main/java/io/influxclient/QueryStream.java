package io.influxclient;

import io.influxclient.internal.Completion;
import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Receiver;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.ToLongFunction;

/**
 * The answer to a query, chunk by chunk while it arrives: see {@link InfluxClient#stream}. Two chunks at most are kept
 * in memory; the server is read no further until they are taken. Close it in the end, which ends the request. For one
 * thread at a time.
 *
 * <p>A server tells the error of a statement after its first rows as well. {@link #next} throws it in its place, and
 * chunks of later statements may follow. An answer that is cut ends with an exception, never silently.
 */
public final class QueryStream implements Iterator<QueryChunk>, AutoCloseable {

    /** Not read: as long as the stream is read, its client is not garbage. */
    @SuppressWarnings("unused")
    private final InfluxClient owner;

    private final Incoming incoming;
    private final Cleaner.Cleanable cleanable;

    QueryStream(InfluxClient client, Cleaner cleaner, Precision precision, ToLongFunction<Receiver> start) {
        owner = client;
        incoming = new Incoming(client, precision);
        incoming.id = start.applyAsLong(incoming);
        cleanable = cleaner.register(this, incoming::cancel);
    }

    /**
     * Whether another chunk or error comes; waits until that is known.
     *
     * @return whether {@link #next} has something to return or throw
     */
    @Override
    public boolean hasNext() {
        try {
            return incoming.peek() != null;
        } finally {
            // Even where this is the last use of it, it is not garbage while it waits.
            Reference.reachabilityFence(this);
        }
    }

    /**
     * The next chunk; waits for it. An interrupt ends the stream.
     *
     * @return the chunk
     * @throws QueryException if a statement or the whole query failed, or the thread was interrupted, which stays set
     * @throws NoSuchElementException if the answer is complete, or the stream is closed
     */
    @Override
    public QueryChunk next() {
        try {
            Arrival arrival = incoming.peek();
            if (arrival == null) {
                throw new NoSuchElementException("the answer is complete");
            }
            return incoming.take(arrival);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Ends the request, if it has not ended. Closing it again does nothing. */
    @Override
    public void close() {
        cleanable.clean();
    }

    /** A completion that was not taken yet. */
    private static final class Arrival {

        final int kind;
        final FrameReader body;

        Arrival(int kind, FrameReader body) {
            this.kind = kind;
            this.body = body;
        }
    }

    /** What has arrived. It does not know the stream, so that one which was forgotten is found to be garbage. */
    private static final class Incoming implements Receiver {

        private final NativeClient client;
        private final Precision precision;
        private volatile long id;
        private final Queue<Arrival> arrivals = new ArrayDeque<>();
        private boolean ended;
        private boolean cancelled;

        Incoming(InfluxClient client, Precision precision) {
            this.client = client.nativeClient();
            this.precision = precision;
        }

        @Override
        public synchronized boolean accept(int kind, FrameReader body) {
            boolean last = kind != Completion.QUERY_CHUNK && kind != Completion.QUERY_ERROR;
            ended |= last;
            if (kind != Completion.END && !cancelled) {
                arrivals.add(new Arrival(kind, body));
            }
            notifyAll();
            return last;
        }

        /** The next completion, which stays; null at the end. */
        synchronized Arrival peek() {
            while (arrivals.isEmpty() && !ended && !cancelled) {
                client.checkMayWait();
                try {
                    wait();
                } catch (InterruptedException e) {
                    cancel();
                    // Told once, and then the stream is over.
                    arrivals.add(new Arrival(Completion.CANCELLED, null));
                    Thread.currentThread().interrupt();
                }
            }
            return arrivals.peek();
        }

        QueryChunk take(Arrival arrival) {
            synchronized (this) {
                arrivals.remove();
            }
            client.more(id, 1);
            switch (arrival.kind) {
                case Completion.QUERY_CHUNK:
                    return new QueryChunk(arrival.body, precision);
                case Completion.QUERY_ERROR:
                    throw new QueryException(arrival.body);
                case Completion.CANCELLED:
                    throw QueryException.interrupted();
                case Completion.INTERNAL:
                    throw new InternalException(arrival.body.text());
                default:
                    throw new InternalException("a stream cannot have completion " + arrival.kind);
            }
        }

        void cancel() {
            synchronized (this) {
                cancelled = true;
                arrivals.clear();
                notifyAll();
            }
            client.cancel(id);
        }
    }
}
