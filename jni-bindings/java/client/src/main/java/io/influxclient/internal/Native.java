package io.influxclient.internal;

import java.nio.ByteBuffer;

/**
 * The functions of the native library. What crosses in which form, who may call what when, and what each throws: see
 * {@code jni-bindings/README.md}.
 */
public final class Native {

    /** Equal to the number in the native library: both change together. */
    static final int ABI_VERSION = 2;

    private Native() {}

    static native int abiVersion();

    static native byte[] open(byte[] settings);

    static native void close(long client);

    static native byte[] next(long client);

    static native void startWrite(long client, long call, ByteBuffer rows, int length, byte[] options);

    static native void startWriteLines(long client, long call, byte[] lines, int offset, int length, byte[] options);

    static native void cancel(long client, long call);

    static native void more(long client, long call, int count);

    static native void answer(long client, long question, byte[] decision);

    static native void startQuery(long client, long call, byte[] query, boolean stream);

    static native void startRequest(long client, long call, byte[] request);

    static native void startPing(long client, long call);

    static native void startResolve(long client, long call, ByteBuffer rows, int length, byte[] options);

    static native byte[] health(long client);

    static native byte[] classify(byte[] reply);

    static native long stamp(int precision);

    static native byte[] openWriter(long client, long id, byte[] settings);

    static native byte[] tryPush(long writer, ByteBuffer rows, int length);

    static native byte[] tryPushLines(long writer, byte[] lines, int offset, int length);

    static native void startPush(long writer, long call, ByteBuffer rows, int length, boolean tracked);

    static native void startPushLines(long writer, long call, byte[] lines, int offset, int length, boolean tracked);

    static native void startFlush(long writer, long call);

    static native void startCloseWriter(long writer, long call, long limitNanos);

    static native byte[] writerTotals(long writer);

    static native void forgetHoles(long writer);

    static native void provoke(long client, long call, int what);
}
