package org.influxdb.impl;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;

/** A body as interceptors get it, which knows how often anybody, be it one of them, took it to send it. */
final class PlainBody extends RequestBody {

    private final byte[] bytes;
    private final MediaType type;
    private final AtomicInteger taken = new AtomicInteger();

    PlainBody(byte[] bytes, MediaType type) {
        this.bytes = bytes;
        this.type = type;
    }

    int timesTaken() {
        return taken.get();
    }

    /** Not to send it: that it was taken is not noted. */
    void copyTo(BufferedSink sink) throws IOException {
        sink.write(bytes);
    }

    @Override
    public MediaType contentType() {
        return type;
    }

    @Override
    public long contentLength() {
        return bytes.length;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        taken.incrementAndGet();
        sink.write(bytes);
    }
}
