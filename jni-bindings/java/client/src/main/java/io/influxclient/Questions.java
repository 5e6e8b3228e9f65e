package io.influxclient;

import io.influxclient.internal.FrameReader;
import io.influxclient.internal.NativeClient;

/** Asks a retry policy that is written in Java. */
final class Questions {

    private Questions() {}

    /**
     * Asks the policy and hands its decision on. One that fails gives up.
     *
     * @return what the policy threw, or null
     */
    static Throwable answer(NativeClient client, RetryPolicy policy, FrameReader question) {
        FailedAttempt failed = new FailedAttempt(question);
        RetryDecision decision = null;
        Throwable thrown = null;
        try {
            decision = RetryPolicies.asked(policy).decide(failed);
        } catch (RuntimeException | Error e) {
            thrown = e;
        } finally {
            client.answer(failed.question, (decision == null ? RetryDecision.giveUp() : decision).frame());
        }
        return thrown;
    }
}
