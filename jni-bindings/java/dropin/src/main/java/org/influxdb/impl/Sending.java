package org.influxdb.impl;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;

/**
 * One write on its way through OkHttp, which may send it more than once by itself, as may an interceptor: how often its
 * body went out, and of how many of those nobody can tell what came of it. A tag of the call's request.
 */
final class Sending {

    final boolean gzip;
    /** Whether what may be stored must not be sent again, since it would be stored a second time. */
    private final boolean onlyOnce;
    /** How often the body went to a connection without an answer that rules out that it was stored. */
    private final AtomicInteger open = new AtomicInteger();

    Sending(LineWrite write) {
        gzip = write.gzip;
        onlyOnce = !Legacy.isOn() && !write.everyPointHasTime();
    }

    /** That of a call, whatever interceptors made of its request; null where it is no write. */
    static Sending of(Interceptor.Chain chain) {
        return chain.call().request().tag(Sending.class);
    }

    boolean mayBeStored() {
        return open.get() > 0;
    }

    /** Whether anything was sent that this reply does not answer, and that may be stored. */
    boolean isOpenBeside(Response reply) {
        boolean answersOne = reply.networkResponse() != null && !isTurnedAway(reply.code());
        return open.get() > (answersOne ? 1 : 0);
    }

    /** The body that OkHttp is given. It asks that, each time it would send it again, whether it may. */
    RequestBody guarded(RequestBody body) {
        return new Delegating(body) {
            @Override
            public boolean isOneShot() {
                return super.isOneShot() || onlyOnce && mayBeStored();
            }
        };
    }

    /** Sends one request, behind all interceptors. */
    Response send(Interceptor.Chain chain, RequestBody body) throws IOException {
        AtomicInteger taken = new AtomicInteger();
        RequestBody counted = new Delegating(body) {
            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                taken.incrementAndGet();
                open.incrementAndGet();
                super.writeTo(sink);
            }
        };
        Response reply = chain.proceed(chain.request()
                .newBuilder()
                .method(chain.request().method(), counted)
                .build());
        if (isTurnedAway(reply.code())) {
            open.addAndGet(-taken.get());
        }
        return reply;
    }

    /** Whether the answer is about the way to the server, or the user: OkHttp then asks again, or elsewhere. */
    private static boolean isTurnedAway(int status) {
        return status == 401 || status == 407 || status == 307 || status == 308;
    }

    private static class Delegating extends RequestBody {

        private final RequestBody body;

        Delegating(RequestBody body) {
            this.body = body;
        }

        @Override
        public MediaType contentType() {
            return body.contentType();
        }

        @Override
        public long contentLength() throws IOException {
            return body.contentLength();
        }

        @Override
        public boolean isOneShot() {
            return body.isOneShot();
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            body.writeTo(sink);
        }
    }
}
