package org.influxdb.impl;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The name and password of a client. They show up in no text. */
final class Credentials {

    final String user;
    final String password;

    private Credentials(String user, String password) {
        this.user = user;
        this.password = password;
    }

    /** Null, for requests without credentials, unless both are given. */
    static Credentials of(String user, String password) {
        return user == null || password == null ? null : new Credentials(user, password);
    }

    /**
     * The header for basic authentication. In UTF-8, as the server keeps names and passwords; influxdb-java sends ISO
     * 8859-1, with which no server knows a name beyond ASCII.
     */
    String basic() {
        Charset charset = Legacy.isOn() ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
        byte[] both = (user + ":" + password).getBytes(charset);
        return "Basic " + Base64.getEncoder().encodeToString(both);
    }

    @Override
    public String toString() {
        return "Credentials";
    }
}
