package io.influxclient;

import io.influxclient.internal.FrameWriter;

/** The retry policies that are built in. They decide within the native library. */
public final class RetryPolicies {

    private RetryPolicies() {}

    /**
     * The default: waits longer after each failure and tries what may pass.
     *
     * @return the policy, with settings to change
     */
    public static Backoff backoff() {
        return new Backoff();
    }

    /**
     * Never sends again.
     *
     * @return the policy
     */
    public static RetryPolicy none() {
        return NoRetry.INSTANCE;
    }

    /**
     * Asks for a weaker level once the default policy gives up because the cluster could not meet the one asked.
     *
     * @param level the weaker level
     * @return the policy, with another one to put before
     */
    public static Downgrade downgradeTo(ConsistencyLevel level) {
        return new Downgrade(level, backoff());
    }

    /** A policy that makes no second attempt. */
    private enum NoRetry implements RetryPolicy {
        INSTANCE;

        @Override
        public RetryDecision decide(FailedAttempt failed) {
            return RetryDecision.giveUp();
        }
    }

    /** Into a frame; null for the default, and policies of the application as a request to ask. */
    static void put(FrameWriter frame, RetryPolicy policy) {
        if (policy == null) {
            frame.u8(0);
        } else if (policy instanceof NoRetry) {
            frame.u8(1);
        } else if (policy instanceof Backoff) {
            ((Backoff) policy).put(frame);
        } else if (policy instanceof Downgrade) {
            ((Downgrade) policy).put(frame);
        } else {
            frame.u8(4);
        }
    }

    /** The policy that the native library asks, if this one was given to it. */
    static RetryPolicy asked(RetryPolicy policy) {
        return policy instanceof Downgrade ? asked(((Downgrade) policy).before()) : policy;
    }
}
