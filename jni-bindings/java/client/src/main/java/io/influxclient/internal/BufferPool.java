package io.influxclient.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/** Direct buffers that are used again: making one costs much, and giving one back is left to the garbage collector. */
public final class BufferPool {

    /** What a new batch has room for. */
    private static final int SMALLEST = 64 << 10;
    /** Larger ones are not kept. */
    private static final int LARGEST = 4 << 20;

    /** How much is kept in all. */
    private static final int MOST = 32 << 20;

    private static final Deque<ByteBuffer> FREE = new ArrayDeque<>();
    private static int kept;

    private BufferPool() {}

    /** A buffer of at least so many bytes, in the machine's byte order, with any content. */
    public static ByteBuffer take(int bytes) {
        synchronized (FREE) {
            for (var buffers = FREE.iterator(); buffers.hasNext(); ) {
                ByteBuffer buffer = buffers.next();
                if (buffer.capacity() >= bytes) {
                    buffers.remove();
                    kept -= buffer.capacity();
                    return buffer;
                }
            }
        }
        return ByteBuffer.allocateDirect(Math.max(bytes, SMALLEST)).order(ByteOrder.nativeOrder());
    }

    /** Takes a buffer back that nobody uses any more. */
    public static void give(ByteBuffer buffer) {
        if (buffer.capacity() <= LARGEST) {
            synchronized (FREE) {
                if (kept + buffer.capacity() <= MOST) {
                    FREE.addFirst(buffer);
                    kept += buffer.capacity();
                }
            }
        }
    }
}
