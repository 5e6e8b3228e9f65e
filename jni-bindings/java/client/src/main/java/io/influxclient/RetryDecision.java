package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** What to do after a failed attempt. Immutable. */
public final class RetryDecision {

    /** What the decision does. */
    public enum Action {
        /** The write fails. */
        GIVE_UP,
        /** The points are sent again to the same endpoint. */
        SAME_ENDPOINT,
        /** The points are sent again to another endpoint, where there is one. */
        NEXT_ENDPOINT,
        /** The points are sent again to the same endpoint, which is asked for a weaker level from now on. */
        LOWER_LEVEL
    }

    private static final RetryDecision GIVE_UP = new RetryDecision(Action.GIVE_UP, Duration.ZERO, null);

    private final Action action;
    private final Duration pause;
    private final ConsistencyLevel level;

    private RetryDecision(Action action, Duration pause, ConsistencyLevel level) {
        this.action = action;
        this.pause = pause;
        this.level = level;
    }

    private static RetryDecision of(Action action, Duration wait, ConsistencyLevel level) {
        if (wait.isNegative()) {
            throw new IllegalArgumentException("a pause is not negative: " + wait);
        }
        return new RetryDecision(action, wait, level);
    }

    /**
     * Fail with what is known.
     *
     * @return the decision
     */
    public static RetryDecision giveUp() {
        return GIVE_UP;
    }

    /**
     * Send again to the same endpoint.
     *
     * @param pause how long to wait before
     * @return the decision
     * @throws IllegalArgumentException if the time is negative
     */
    public static RetryDecision sameEndpoint(Duration pause) {
        return of(Action.SAME_ENDPOINT, pause, null);
    }

    /**
     * Send again to another endpoint, where there is one.
     *
     * @param pause how long to wait before
     * @return the decision
     * @throws IllegalArgumentException if the time is negative
     */
    public static RetryDecision nextEndpoint(Duration pause) {
        return of(Action.NEXT_ENDPOINT, pause, null);
    }

    /**
     * Send again to the same endpoint and ask for a weaker level from now on. A level that is not weaker is not taken:
     * the write gives up.
     *
     * @param level the weaker level
     * @param pause how long to wait before
     * @return the decision
     * @throws IllegalArgumentException if the time is negative
     */
    public static RetryDecision lowerTo(ConsistencyLevel level, Duration pause) {
        return of(Action.LOWER_LEVEL, pause, Objects.requireNonNull(level, "level"));
    }

    /**
     * What it does.
     *
     * @return the action
     */
    public Action action() {
        return action;
    }

    /**
     * How long to wait before the next attempt.
     *
     * @return a time span, zero for {@link Action#GIVE_UP}
     */
    public Duration pause() {
        return pause;
    }

    /**
     * The weaker level.
     *
     * @return the level, for {@link Action#LOWER_LEVEL}
     */
    public Optional<ConsistencyLevel> level() {
        return Optional.ofNullable(level);
    }

    byte[] frame() {
        FrameWriter frame = new FrameWriter();
        switch (action) {
            case GIVE_UP:
                frame.u8(0);
                break;
            case SAME_ENDPOINT:
                frame.u8(1).duration(pause);
                break;
            case NEXT_ENDPOINT:
                frame.u8(2).duration(pause);
                break;
            case LOWER_LEVEL:
                frame.u8(3).text(level.wireName()).duration(pause);
                break;
        }
        return frame.toBytes();
    }

    @Override
    public String toString() {
        return action + (level == null ? "" : " to " + level.wireName()) + " after " + pause;
    }
}
