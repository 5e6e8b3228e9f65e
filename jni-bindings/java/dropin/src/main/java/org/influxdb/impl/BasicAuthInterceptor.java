package org.influxdb.impl;

import java.io.IOException;
import java.util.Objects;
import okhttp3.Interceptor;
import okhttp3.Response;

/**
 * Adds a name and a password to the requests of an OkHttp client of the application's own.
 *
 * <p>The clients of {@link org.influxdb.InfluxDBFactory} need none of it.
 */
public class BasicAuthInterceptor implements Interceptor {

    private final String authorization;

    /**
     * An interceptor for one user.
     *
     * @param user the name
     * @param password the password
     * @throws NullPointerException if one of them is {@code null}
     */
    public BasicAuthInterceptor(String user, String password) {
        this.authorization = Objects.requireNonNull(Credentials.of(user, password), "user and password")
                .basic();
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        return chain.proceed(chain.request()
                .newBuilder()
                .header("Authorization", authorization)
                .build());
    }
}
