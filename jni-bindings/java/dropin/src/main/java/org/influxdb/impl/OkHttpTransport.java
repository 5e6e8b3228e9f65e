package org.influxdb.impl;

import java.io.IOException;
import java.io.InputStream;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/**
 * Sends through the application's own {@link OkHttpClient}, with its interceptors, its TLS and all else it carries.
 * Replies to writes are read as the native client reads them. Of a request that got no reply it is said that nothing
 * was sent only where nobody ever asked for its body; where one was sent before that the reply does not answer, the
 * reply does not say that nothing is stored. Points without times that may be stored are not sent again, unless an
 * interceptor does. What an interceptor sends through another client is its own to answer for. A batch that gives a
 * field two types goes out as it is.
 */
final class OkHttpTransport implements Transport {

    private static final MediaType TEXT = MediaType.get(HttpCall.TEXT);

    private final OkHttpClient client;
    private final HttpUrl server;

    OkHttpTransport(OkHttpClient client, HttpUrl server, Credentials credentials) {
        this.client = client.newBuilder()
                .socketFactory(new NoDelaySockets(client.socketFactory()))
                .addInterceptor(new RequestFinish(credentials))
                .addNetworkInterceptor(new SendCount())
                .build();
        this.server = server;
    }

    @Override
    public void write(LineWrite write) {
        PlainBody body = new PlainBody(write.lines, TEXT);
        Sending sending = new Sending(write);
        Request request = new Request.Builder()
                .url(HttpCall.write(write).url(server))
                .post(body)
                .tag(Sending.class, sending)
                .build();
        try (OkHttpExchange reply = exchange(request)) {
            if (reply.status() != 204 && !(Legacy.isOn() && reply.status() / 100 == 2)) {
                // Without a connection of this client it was an interceptor that answered, and sent it if anybody did.
                boolean open = sending.isOpenBeside(reply.response)
                        || reply.response.networkResponse() == null && body.timesTaken() > 1;
                throw WriteFailures.ofReply(reply, SmallBody.of(reply.body()), write, open);
            }
        } catch (IOException e) {
            throw WriteFailures.ofNoReply(e, body.timesTaken() > 0 || sending.mayBeStored(), write);
        }
    }

    @Override
    public Exchange open(HttpCall call) throws IOException {
        Request.Builder request = new Request.Builder().url(call.url(server));
        if (call.messagePack) {
            request.header("Accept", MessagePackResults.MEDIA_TYPE);
        }
        request.method(
                call.method, call.body == null ? null : new PlainBody(call.body, MediaType.get(call.contentType)));
        return exchange(request.build());
    }

    /** Connections that are not in use. The application may hold the same pool, but it can make new ones. */
    @Override
    public void close() {
        client.connectionPool().evictAll();
    }

    private OkHttpExchange exchange(Request request) throws IOException {
        Call call = client.newCall(request);
        return new OkHttpExchange(call, call.execute());
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
