package io.influxclient;

/**
 * A {@link BatchWriter#flush} that was given up: its thread was interrupted, or the client was closed by an interrupted
 * thread. That changes nothing about the points: the writer has what it accepted, and its next flush, or its close, tells
 * what failed. After an interrupt, the interrupt status of the thread stays set.
 */
public final class FlushInterruptedException extends InfluxException {

    private static final long serialVersionUID = 1L;

    FlushInterruptedException() {
        super(
                "the wait for the flush was given up, not the points: the next flush, or the close, tells what became of them");
    }
}
