package org.influxdb.impl;

import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;

/** Chooses what carries the requests of a client. */
final class Transports {

    private Transports() {}

    static Transport choose(OkHttpClient okHttp, HttpUrl server, Credentials credentials, boolean messagePack) {
        return new OkHttpTransport(okHttp, server, credentials, messagePack);
    }
}
