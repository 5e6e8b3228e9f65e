package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.time.Duration;
import java.util.Objects;

/**
 * Lets another policy try, and asks for a weaker level once that gives up because the cluster could not meet the one
 * asked.
 *
 * <p>What was reached is told: {@link WriteResult#level()} is the level that was acknowledged and
 * {@link WriteResult#asked()} the one asked for. Only the classes {@code below-level}, {@code no-replica} and
 * {@code timeout} lower the level: there the coordinator was reached and its owners were not. Immutable.
 */
public final class Downgrade implements RetryPolicy {

    private final ConsistencyLevel level;
    private final RetryPolicy before;

    Downgrade(ConsistencyLevel level, RetryPolicy before) {
        this.level = Objects.requireNonNull(level, "level");
        this.before = Objects.requireNonNull(before, "policy");
    }

    /**
     * Puts another policy before.
     *
     * @param policy the policy that tries first
     * @return this policy after that one
     */
    public Downgrade after(RetryPolicy policy) {
        return new Downgrade(level, policy);
    }

    /** The policy that tries first. */
    RetryPolicy before() {
        return before;
    }

    @Override
    public RetryDecision decide(FailedAttempt failed) {
        RetryDecision decision = before.decide(failed);
        boolean gaveUp = decision == null || decision.action() == RetryDecision.Action.GIVE_UP;
        if (!gaveUp || level.compareTo(failed.level()) >= 0) {
            return decision;
        }
        // A class that is not listed is no reason to settle for less.
        switch (failed.writeClass()) {
            case BELOW_LEVEL:
            case NO_REPLICA:
            case TIMEOUT:
                return RetryDecision.lowerTo(level, Duration.ZERO);
            default:
                return decision;
        }
    }

    /** Into a frame. */
    void put(FrameWriter frame) {
        frame.u8(3).text(level.wireName());
        RetryPolicies.put(frame, before);
    }
}
