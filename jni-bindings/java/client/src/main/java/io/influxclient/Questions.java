package io.influxclient;

import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;
import java.util.function.Consumer;

/** Asks a retry policy that is written in Java. */
final class Questions {

    private Questions() {}

    /**
     * Asks the policy and hands its decision on. One that fails gives up.
     *
     * @param failure gets what the policy threw, before the write can go on
     */
    static void answer(NativeClient client, RetryPolicy policy, FrameReader question, Consumer<Throwable> failure) {
        FailedAttempt failed = new FailedAttempt(question);
        RetryDecision decision = null;
        try {
            decision = RetryPolicies.asked(policy).decide(failed);
        } catch (Throwable e) { // also checked ones, which other languages let pass
            failure.accept(e);
        } finally {
            client.answer(failed.question, (decision == null ? RetryDecision.giveUp() : decision).frame());
        }
    }
}
