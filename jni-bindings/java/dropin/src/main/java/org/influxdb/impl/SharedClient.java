package org.influxdb.impl;

import io.influxclient.InfluxClient;

/**
 * A client and how many requests use it. Closing it would end queries under way, so it is closed when it is given up
 * and the last of them has ended; the application's thread that gives it up waits for nothing.
 */
final class SharedClient {

    final InfluxClient client;
    private int uses;
    private boolean givenUp;

    SharedClient(InfluxClient client) {
        this.client = client;
    }

    /** One request more; not after {@link #giveUp()}. */
    synchronized void use() {
        uses++;
    }

    /** One less. */
    void release() {
        boolean last;
        synchronized (this) {
            uses--;
            last = givenUp && uses == 0;
        }
        if (last) {
            client.close();
        }
    }

    /** It gets no request more. Once is enough, and more does no harm. */
    void giveUp() {
        boolean idle;
        synchronized (this) {
            idle = !givenUp && uses == 0;
            givenUp = true;
        }
        if (idle) {
            client.close();
        }
    }
}
