package org.influxdb.msgpack;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.influxdb.InfluxDBIOException;
import org.influxdb.dto.QueryResult;
import org.msgpack.core.MessageInsufficientBufferException;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

/** Reads results of queries from MessagePack. Whole numbers are {@link Long}, times nanoseconds. Keeps no state. */
public class MessagePackTraverser {

    /** Makes a reader. */
    public MessagePackTraverser() {}

    /**
     * Reads results as they are asked for, to the end of the stream.
     *
     * @param is the stream; not closed
     * @return its results, to be gone through once. The iterator throws {@link InfluxDBIOException} where the stream
     *     breaks or ends within a result, and {@link org.msgpack.core.MessagePackException} where it is no MessagePack
     */
    public Iterable<QueryResult> traverse(InputStream is) {
        MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(is);
        return () -> new Iterator<QueryResult>() {
            @Override
            public boolean hasNext() {
                return read(unpacker, MessageUnpacker::hasNext);
            }

            @Override
            public QueryResult next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return read(unpacker, ResultReader::read);
            }
        };
    }

    /**
     * Reads one result.
     *
     * @param is the stream; not closed
     * @return the first result; one without anything where the stream is empty
     * @throws InfluxDBIOException if the stream breaks or ends early
     * @throws org.msgpack.core.MessagePackException if it is no MessagePack
     */
    public QueryResult parse(InputStream is) {
        Iterator<QueryResult> results = traverse(is).iterator();
        return results.hasNext() ? results.next() : new QueryResult();
    }

    private static <T> T read(MessageUnpacker unpacker, Reading<T> reading) {
        try {
            return reading.from(unpacker);
        } catch (MessageInsufficientBufferException e) {
            EOFException cut = new EOFException("the result is cut off");
            cut.initCause(e);
            throw new InfluxDBIOException(cut);
        } catch (IOException e) {
            throw new InfluxDBIOException(e);
        }
    }

    private interface Reading<T> {
        T from(MessageUnpacker unpacker) throws IOException;
    }
}
