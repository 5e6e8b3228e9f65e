package io.influxclient.internal;

/**
 * Takes the completions of one call, on the thread that fetches them: it must not wait, nor run code of the
 * application.
 */
@FunctionalInterface
public interface Receiver {

    /**
     * A completion arrived.
     *
     * @param kind one of the constants of {@link Completion}
     * @param body what follows kind and call
     * @return whether it was the last one of the call
     */
    boolean accept(int kind, FrameReader body);
}
