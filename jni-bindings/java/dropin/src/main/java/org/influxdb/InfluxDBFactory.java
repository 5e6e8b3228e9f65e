package org.influxdb;

import java.util.Objects;
import okhttp3.OkHttpClient;
import org.influxdb.impl.InfluxDBImpl;
import org.influxdb.impl.Preconditions;

/**
 * Makes clients. Nothing is sent by it, but the server's name is looked up: {@link InfluxDBIOException} where it has
 * no address. The native library of the client is loaded by the first: {@link UnsatisfiedLinkError} with the reasons
 * and what to do where that is not possible.
 */
public enum InfluxDBFactory {
    /** Holds nothing; the methods are static. */
    INSTANCE;

    /**
     * Makes a client without credentials.
     *
     * @param url the server's address; a path has to end with a slash
     * @return the client
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     */
    public static InfluxDB connect(String url) {
        Preconditions.checkNonEmptyString(url, "url");
        return new InfluxDBImpl(url, null, null, new OkHttpClient.Builder());
    }

    /**
     * Makes a client with credentials.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name
     * @param password the password; null for no credentials at all
     * @return the client
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS, or the name is empty
     */
    public static InfluxDB connect(String url, String username, String password) {
        Preconditions.checkNonEmptyString(url, "url");
        Preconditions.checkNonEmptyString(username, "username");
        return new InfluxDBImpl(url, username, password, new OkHttpClient.Builder());
    }

    /**
     * Makes a client with settings of its connections, without credentials. What {@link InfluxDBImpl} makes of the
     * settings is said there.
     *
     * @param url the server's address; a path has to end with a slash
     * @param client the settings
     * @return the client
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS
     */
    public static InfluxDB connect(String url, OkHttpClient.Builder client) {
        Preconditions.checkNonEmptyString(url, "url");
        Objects.requireNonNull(client, "client");
        return new InfluxDBImpl(url, null, null, client);
    }

    /**
     * Makes a client with credentials and settings of its connections.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name
     * @param password the password; null for no credentials at all
     * @param client the settings
     * @return the client
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS, or the name is empty
     */
    public static InfluxDB connect(String url, String username, String password, OkHttpClient.Builder client) {
        return connect(url, username, password, client, InfluxDB.ResponseFormat.JSON);
    }

    /**
     * Makes a client with credentials, settings of its connections and a form of results.
     *
     * @param url the server's address; a path has to end with a slash
     * @param username the user's name
     * @param password the password; null for no credentials at all
     * @param client the settings
     * @param responseFormat in which form results of queries are asked for
     * @return the client
     * @throws IllegalArgumentException if that is no address of HTTP or HTTPS, or the name is empty
     */
    public static InfluxDB connect(
            String url,
            String username,
            String password,
            OkHttpClient.Builder client,
            InfluxDB.ResponseFormat responseFormat) {
        Preconditions.checkNonEmptyString(url, "url");
        Preconditions.checkNonEmptyString(username, "username");
        Objects.requireNonNull(client, "client");
        return new InfluxDBImpl(url, username, password, client, responseFormat);
    }
}
