package org.influxdb.impl;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.influxdb.InfluxDBException;

/**
 * Carries requests to the one server of a client and says what became of them. Safe for use by many threads. It goes on
 * working after {@link #close()}, which only gives back what is held.
 */
interface Transport extends AutoCloseable {

    /**
     * Writes lines, in one request or as many as it takes.
     *
     * @throws InfluxDBException of the class that fits, with what is known of the data in its cause
     */
    void write(LineWrite write);

    /**
     * Sends a request and waits for the head of its reply, whatever its status.
     *
     * @throws IOException if none came
     */
    Exchange open(HttpCall call) throws IOException;

    @Override
    void close();

    /** A reply whose body is read as it arrives. To be closed. */
    interface Exchange extends Closeable {

        int status();

        /** The words behind the status; empty where there are none. */
        String message();

        /** The first header of that name, or null. */
        String header(String name);

        InputStream body();

        /** Gives the reply up, from any thread; a read under way fails. */
        void cancel();

        @Override
        void close();
    }
}
