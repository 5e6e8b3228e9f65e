package io.influxclient.junit;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;

/** Whether a node answers. */
final class Ping {

    private static final int LIMIT_MILLIS = 1_000;

    private Ping() {}

    /** Why the node there does not answer; null if it does. */
    static String failure(String url) {
        try {
            HttpURLConnection connection = (HttpURLConnection) new URL(url + "/ping").openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(LIMIT_MILLIS);
            connection.setReadTimeout(LIMIT_MILLIS);
            // Else the JVM would keep the connection for some seconds, though nobody asks again.
            connection.setRequestProperty("Connection", "close");
            try {
                int status = connection.getResponseCode();
                return status / 100 == 2 ? null : "it answers /ping with " + status;
            } finally {
                connection.disconnect();
            }
        } catch (IOException e) {
            return e.toString();
        }
    }
}
