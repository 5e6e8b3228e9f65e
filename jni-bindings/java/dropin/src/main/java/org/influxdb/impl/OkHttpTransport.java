package org.influxdb.impl;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPOutputStream;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.BufferedSink;

/**
 * Sends through the application's own {@link OkHttpClient}, with its interceptors, its TLS and all else it carries.
 * Replies to writes are read as the native client reads them. Of a request that got no reply it is said that nothing
 * was sent only where nobody ever asked for its body.
 */
final class OkHttpTransport implements Transport {

    private static final MediaType TEXT = MediaType.get(HttpCall.TEXT);

    private final OkHttpClient client;
    private final HttpUrl server;
    private final Credentials credentials;

    OkHttpTransport(OkHttpClient client, HttpUrl server, Credentials credentials) {
        this.client = client.newBuilder()
                .socketFactory(new NoDelaySockets(client.socketFactory()))
                .build();
        this.server = server;
        this.credentials = credentials;
    }

    @Override
    public void write(LineWrite write) {
        Body body = new Body(write.gzip ? gzipped(write.lines) : write.lines, TEXT);
        Request.Builder request = request(HttpCall.write(write).url(server)).post(body);
        if (write.gzip) {
            request.header("Content-Encoding", "gzip");
        }
        try (OkHttpExchange reply = exchange(request.build())) {
            if (reply.status() != 204 && !(Legacy.isOn() && reply.status() / 100 == 2)) {
                throw WriteFailures.ofReply(reply, SmallBody.of(reply.body()), write);
            }
        } catch (IOException e) {
            throw WriteFailures.ofNoReply(e, body.wasAskedFor(), write);
        }
    }

    @Override
    public Exchange open(HttpCall call) throws IOException {
        Request.Builder request = request(call.url(server));
        if (call.messagePack) {
            request.header("Accept", MessagePackResults.MEDIA_TYPE);
        }
        request.method(call.method, call.body == null ? null : new Body(call.body, MediaType.get(call.contentType)));
        return exchange(request.build());
    }

    /** Connections that are not in use. The application may hold the same pool, but it can make new ones. */
    @Override
    public void close() {
        client.connectionPool().evictAll();
    }

    private Request.Builder request(HttpUrl url) {
        Request.Builder request = new Request.Builder().url(url);
        if (credentials != null) {
            request.header("Authorization", credentials.basic());
        }
        return request;
    }

    private OkHttpExchange exchange(Request request) throws IOException {
        Call call = client.newCall(request);
        return new OkHttpExchange(call, call.execute());
    }

    private static byte[] gzipped(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 4 + 64);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new IllegalStateException("memory takes all bytes", e);
        }
        return out.toByteArray();
    }

    /** A body that knows whether anybody, be it an interceptor, took it to send it. */
    private static final class Body extends RequestBody {

        private final byte[] bytes;
        private final MediaType type;
        private volatile boolean askedFor;

        Body(byte[] bytes, MediaType type) {
            this.bytes = bytes;
            this.type = type;
        }

        boolean wasAskedFor() {
            return askedFor;
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
            askedFor = true;
            sink.write(bytes);
        }
    }

    private static final class OkHttpExchange implements Exchange {

        private static final ResponseBody NONE = ResponseBody.create(new byte[0], null);

        private final Call call;
        private final Response response;

        OkHttpExchange(Call call, Response response) {
            this.call = call;
            this.response = response;
        }

        @Override
        public int status() {
            return response.code();
        }

        @Override
        public String message() {
            return response.message();
        }

        @Override
        public String header(String name) {
            return response.header(name);
        }

        @Override
        public InputStream body() {
            ResponseBody body = response.body();
            return body == null ? NONE.byteStream() : body.byteStream();
        }

        @Override
        public void cancel() {
            call.cancel();
        }

        @Override
        public void close() {
            response.close();
        }
    }
}
