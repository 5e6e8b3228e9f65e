package io.influxclient.internal;

import io.influxclient.InternalException;
import java.util.concurrent.CompletableFuture;

/** A panic on demand. */
public final class Provoked {

    private static final int INTERNAL = 6;

    private Provoked() {}

    /** The frame of settings that allow it. */
    public static byte[] settings(String endpoint) {
        return Frames.settings(endpoint);
    }

    /** Provokes a panic in the native method or in the call, and returns what it says. */
    public static String panic(NativeClient client, int where) {
        CompletableFuture<String> end = new CompletableFuture<>();
        Receiver receiver = (kind, body) -> {
            end.complete(kind == INTERNAL ? body.text() : "completion " + kind);
            return true;
        };
        try {
            client.startProvoke(receiver, where);
        } catch (InternalException e) {
            end.complete(e.getMessage());
        }
        return end.join();
    }
}
