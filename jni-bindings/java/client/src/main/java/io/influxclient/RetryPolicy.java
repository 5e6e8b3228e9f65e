package io.influxclient;

/**
 * Decides what to do after a failed attempt of a write. {@link RetryPolicies} has those that are built in; a policy of
 * one's own is a lambda or a class.
 *
 * <p>Whatever a policy answers, a write never sends points without times again that may be stored already, and never
 * outlives its deadline.
 */
@FunctionalInterface
public interface RetryPolicy {

    /**
     * What to do after this failure.
     *
     * <p>It is asked by the thread that waits in {@link InfluxClient#write(PointBatch)}, or by the client's executor
     * for writes that nobody waits for; so it may be asked by several threads at once. It should answer at once: after
     * 10 s the write gives up.
     *
     * @param failed the attempt, and what went before it
     * @return the decision; null gives up
     * @throws RuntimeException to give up; the write then fails with what is known, and with this exception as a
     *     suppressed one
     */
    RetryDecision decide(FailedAttempt failed);
}
