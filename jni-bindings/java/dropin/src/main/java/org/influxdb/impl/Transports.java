package org.influxdb.impl;

import io.influxclient.internal.ClientLibrary;
import java.net.Proxy;
import java.util.List;
import okhttp3.Authenticator;
import okhttp3.CookieJar;
import okhttp3.Dns;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/** Chooses what carries the requests of a client. */
final class Transports {

    private static final OkHttpClient PLAIN = new OkHttpClient();

    private Transports() {}

    /**
     * The native client, unless that cannot honour the settings, or the server is asked by HTTPS: whom to trust then
     * is set up for the JVM, in ways only the JVM knows.
     *
     * @throws UnsatisfiedLinkError if the native library cannot be loaded, which legacy mode does without
     */
    static Transport choose(OkHttpClient okHttp, HttpUrl server, Credentials credentials) {
        if (!Legacy.isOn()) {
            // Both ways to send need it. Where it cannot be loaded, a program shall hear of that here.
            ClientLibrary.load();
        }
        boolean plain = !server.isHttps() && !Legacy.isOn() && carriesOnlyTimeouts(okHttp, server);
        return plain
                ? new NativeTransport(server, credentials, Timeouts.of(okHttp), okHttp.retryOnConnectionFailure())
                : new OkHttpTransport(okHttp, server, credentials);
    }

    /** Whether all but the time-outs, the threads and the idle connections is as in a client nobody set anything of. */
    static boolean carriesOnlyTimeouts(OkHttpClient okHttp, HttpUrl server) {
        return okHttp.interceptors().isEmpty()
                && okHttp.networkInterceptors().isEmpty()
                && okHttp.authenticator() == Authenticator.NONE
                && okHttp.proxyAuthenticator() == Authenticator.NONE
                && okHttp.cookieJar() == CookieJar.NO_COOKIES
                && okHttp.cache() == null
                && okHttp.dns() == Dns.SYSTEM
                && okHttp.certificatePinner().getPins().isEmpty()
                && okHttp.hostnameVerifier().getClass()
                        == PLAIN.hostnameVerifier().getClass()
                && okHttp.socketFactory().getClass() == PLAIN.socketFactory().getClass()
                && okHttp.protocols().equals(PLAIN.protocols())
                && okHttp.connectionSpecs().equals(PLAIN.connectionSpecs())
                && okHttp.followRedirects() == PLAIN.followRedirects()
                && okHttp.followSslRedirects() == PLAIN.followSslRedirects()
                && hearsNoEvents(okHttp, server)
                && goesThere(okHttp, server);
    }

    private static boolean hearsNoEvents(OkHttpClient okHttp, HttpUrl server) {
        // Both kinds of setting end in a factory; that of the default answers the one listener that hears nothing.
        return okHttp.eventListenerFactory().getClass()
                        == PLAIN.eventListenerFactory().getClass()
                && okHttp.eventListenerFactory()
                                .create(PLAIN.newCall(
                                        new Request.Builder().url(server).build()))
                        == EventListener.NONE;
    }

    /** Whether no proxy is between, be it one of the JVM's properties. */
    private static boolean goesThere(OkHttpClient okHttp, HttpUrl server) {
        if (okHttp.proxy() != null) {
            return okHttp.proxy() == Proxy.NO_PROXY;
        }
        if (okHttp.proxySelector().getClass() != PLAIN.proxySelector().getClass()) {
            return false;
        }
        List<Proxy> proxies = okHttp.proxySelector().select(server.uri());
        return proxies == null || proxies.stream().allMatch(proxy -> proxy.type() == Proxy.Type.DIRECT);
    }
}
