package org.influxdb.impl;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The body of an error: what came of it, and whether that is all. */
final class SmallBody {

    /** No server's error is larger; a proxy's page may be, and its rest tells nothing. */
    private static final int LIMIT = 1 << 20;

    final byte[] bytes;
    final boolean complete;

    private SmallBody(byte[] bytes, boolean complete) {
        this.bytes = bytes;
        this.complete = complete;
    }

    /** Reads a body. One that is cut off counts as what came of it. */
    static SmallBody of(InputStream body) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        boolean complete = false;
        try {
            byte[] piece = new byte[8192];
            int n = body.read(piece);
            while (n >= 0 && read.size() < LIMIT) {
                read.write(piece, 0, n);
                n = body.read(piece);
            }
            complete = n < 0;
        } catch (IOException e) {
            complete = false;
        }
        return new SmallBody(read.toByteArray(), complete);
    }

    String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
