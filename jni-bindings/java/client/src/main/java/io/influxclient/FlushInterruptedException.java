package io.influxclient;

/**
 * A {@link BatchWriter#flush} that was given up: its thread was interrupted, or the client was closed by an interrupted
 * thread. That changes nothing about the points: what the writer has accepted stays accepted and is sent, and the next
 * flush tells what failed. After an interrupt, the interrupt status of the thread stays set.
 */
public final class FlushInterruptedException extends InfluxException {

    private static final long serialVersionUID = 1L;

    FlushInterruptedException() {
        super("interrupted while waiting for the flush; the points that were accepted are sent all the same");
    }
}
