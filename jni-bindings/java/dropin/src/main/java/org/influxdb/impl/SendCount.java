package org.influxdb.impl;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Counts what goes to a connection. The last of the network interceptors, past which nothing is sent again. */
final class SendCount implements Interceptor {

    @Override
    public Response intercept(Chain chain) throws IOException {
        Sending sending = Sending.of(chain);
        RequestBody body = chain.request().body();
        return sending == null || body == null ? chain.proceed(chain.request()) : sending.send(chain, body);
    }
}
