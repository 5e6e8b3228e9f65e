package io.influxclient;

import io.influxclient.internal.FrameWriter;

/**
 * How many retries all calls of a client together may spend before successes pay for more.
 *
 * <p>A back-off slows each call down; when hundreds of calls fail together, their retries still are a multiple of the
 * load that a struggling cluster can bear. So each retry takes tokens from one bucket: {@link #cost} of them, or
 * {@link #costAfterTimeout} after an attempt that may still be working in the cluster. A call that ends in an
 * acknowledgement gives its tokens back, and one that was acknowledged at once adds {@link #refund}. Where too few are
 * left, the call throws its error as it stands; a first attempt is always made. Immutable.
 */
public final class RetryBudget {

    private static final int DEFAULT = 0;
    private static final int NONE = 1;
    private static final int OWN = 2;

    private final int kind;
    private final int tokens;
    private final int cost;
    private final int costAfterTimeout;
    private final int refund;

    private RetryBudget(int kind, int tokens, int cost, int costAfterTimeout, int refund) {
        this.kind = kind;
        this.tokens = tokens;
        this.cost = cost;
        this.costAfterTimeout = costAfterTimeout;
        this.refund = refund;
    }

    /**
     * A budget of 500 tokens; a retry takes 5, after a time-out 10, and a call that was acknowledged at once adds 1.
     *
     * @return the budget
     */
    public static RetryBudget standard() {
        return new RetryBudget(OWN, -1, -1, -1, -1);
    }

    /**
     * Any number of retries.
     *
     * @return no budget
     */
    public static RetryBudget unlimited() {
        return new RetryBudget(NONE, -1, -1, -1, -1);
    }

    /**
     * How many tokens there are at first, and at most.
     *
     * @param tokens a number from 0
     * @return this budget with that number
     * @throws IllegalArgumentException if the number is negative
     */
    public RetryBudget tokens(int tokens) {
        return new RetryBudget(OWN, check(tokens), cost, costAfterTimeout, refund);
    }

    /**
     * What a retry takes.
     *
     * @param tokens a number from 0
     * @return this budget with that price
     * @throws IllegalArgumentException if the number is negative
     */
    public RetryBudget cost(int tokens) {
        return new RetryBudget(OWN, this.tokens, check(tokens), costAfterTimeout, refund);
    }

    /**
     * What a retry takes after a time-out.
     *
     * @param tokens a number from 0
     * @return this budget with that price
     * @throws IllegalArgumentException if the number is negative
     */
    public RetryBudget costAfterTimeout(int tokens) {
        return new RetryBudget(OWN, this.tokens, cost, check(tokens), refund);
    }

    /**
     * What a call adds that was acknowledged at once.
     *
     * @param tokens a number from 0
     * @return this budget with that refund
     * @throws IllegalArgumentException if the number is negative
     */
    public RetryBudget refund(int tokens) {
        return new RetryBudget(OWN, this.tokens, cost, costAfterTimeout, check(tokens));
    }

    private static int check(int tokens) {
        if (tokens < 0) {
            throw new IllegalArgumentException("a number of tokens is 0 or more, not " + tokens);
        }
        return tokens;
    }

    /** Into a frame; null for the default. */
    static void put(FrameWriter frame, RetryBudget budget) {
        frame.u8(budget == null ? DEFAULT : budget.kind);
        if (budget != null && budget.kind == OWN) {
            frame.i32(budget.tokens)
                    .i32(budget.cost)
                    .i32(budget.costAfterTimeout)
                    .i32(budget.refund);
        }
    }
}
