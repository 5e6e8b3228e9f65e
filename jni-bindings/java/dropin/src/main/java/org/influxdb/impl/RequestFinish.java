package org.influxdb.impl;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSink;
import okio.GzipSink;
import okio.Okio;

/**
 * What is done to a request behind the application's interceptors: they get bodies as plain text, and no credentials
 * that they might log.
 */
final class RequestFinish implements Interceptor {

    /** Null for none. */
    private final Credentials credentials;

    RequestFinish(Credentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        Request.Builder finished = request.newBuilder();
        if (credentials != null) {
            finished.header("Authorization", credentials.basic());
        }
        Sending sending = Sending.of(chain);
        RequestBody body = request.body();
        if (sending != null && body != null) {
            if (sending.gzip && request.header("Content-Encoding") == null) {
                body = gzipped(body);
                finished.header("Content-Encoding", "gzip");
            }
            finished.method(request.method(), sending.guarded(body));
        }
        return chain.proceed(finished.build());
    }

    private static RequestBody gzipped(RequestBody body) throws IOException {
        Buffer packed = new Buffer();
        try (BufferedSink gzip = Okio.buffer(new GzipSink(packed))) {
            if (body instanceof PlainBody) {
                ((PlainBody) body).copyTo(gzip);
            } else {
                body.writeTo(gzip);
            }
        }
        return RequestBody.create(packed.readByteString(), body.contentType());
    }
}
