package org.influxdb.impl;

import okhttp3.HttpUrl;

/** One request that is no write, as it goes over the wire. Immutable. */
final class HttpCall {

    static final String FORM = "application/x-www-form-urlencoded";

    static final String TEXT = "text/plain; charset=utf-8";

    final String method;
    /** Below the server's address, without a slash in front. */
    final String path;
    /** Ready encoded; null for none. */
    final String query;
    /** Null for none. */
    final byte[] body;
    /** Null for none. */
    final String contentType;
    /** Whether MessagePack is asked for. */
    final boolean messagePack;

    private HttpCall(String method, String path, String query, byte[] body, String contentType, boolean messagePack) {
        this.method = method;
        this.path = path;
        this.query = query;
        this.body = body;
        this.contentType = contentType;
        this.messagePack = messagePack;
    }

    static HttpCall ping(boolean messagePack) {
        return new HttpCall("GET", "ping", null, null, null, messagePack);
    }

    static HttpCall get(String path, Parameters query, boolean messagePack) {
        return new HttpCall("GET", path, query.encoded(), null, null, messagePack);
    }

    static HttpCall post(String path, Parameters query, byte[] form, boolean messagePack) {
        return new HttpCall("POST", path, query.encoded(), form, FORM, messagePack);
    }

    static HttpCall write(LineWrite write) {
        return new HttpCall("POST", "write", write.query(), write.lines, TEXT, false);
    }

    HttpUrl url(HttpUrl server) {
        HttpUrl.Builder url = server.newBuilder().query(null).fragment(null).addPathSegments(path);
        return url.encodedQuery(query).build();
    }

    /** Parameters of an address, in the order they are added; those without a value are left out. */
    static final class Parameters {

        private final HttpUrl.Builder url = new HttpUrl.Builder().scheme("http").host("server");

        Parameters add(String name, String value) {
            if (value != null) {
                url.addQueryParameter(name, value);
            }
            return this;
        }

        /** Adds a value that is encoded already. */
        Parameters addEncoded(String name, String value) {
            if (value != null) {
                url.addEncodedQueryParameter(name, value);
            }
            return this;
        }

        /** Null where there are none. */
        String encoded() {
            return url.build().encodedQuery();
        }
    }
}
