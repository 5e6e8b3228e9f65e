package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.time.Duration;

/**
 * Waits longer after each failure, by a random part of a doubling time, so that clients which failed together do not
 * come back together. Immutable.
 *
 * <table>
 * <caption>Decisions, if sending again can do no harm</caption>
 * <tr><th>class</th><th>decision</th></tr>
 * <tr><td>{@code unreachable}</td><td>every other endpoint at once, then back off</td></tr>
 * <tr><td>{@code timeout}, {@code no-replica}</td><td>another endpoint, back off</td></tr>
 * <tr><td>{@code overloaded}</td><td>another endpoint, back off for long</td></tr>
 * <tr><td>{@code meta-unavailable}</td>
 *     <td>another endpoint, back off for long; not where the node has no meta servers</td></tr>
 * <tr><td>{@code below-level}</td>
 *     <td>the same endpoint, back off for long, at most {@link #belowLevelTries} times</td></tr>
 * <tr><td>{@code not-found}</td>
 *     <td>the same endpoint for some tenths of a second, if this client created it a moment ago</td></tr>
 * <tr><td>all others</td><td>give up</td></tr>
 * </table>
 *
 * <p>A {@code Retry-After} of the server replaces the computed time. Points without times are sent again only if
 * nothing of them can be stored. A wait that would reach the deadline is not begun.
 */
public final class Backoff implements RetryPolicy {

    /** How much longer the long back-off is. */
    private static final int LONG = 8;
    /** First wait for a database that was just created. */
    private static final Duration LAG = Duration.ofMillis(40);

    private static final int LAG_TRIES = 5;

    private final Duration base;
    private final Duration cap;
    private final int tries;
    private final int belowLevelTries;

    Backoff() {
        this(Duration.ofMillis(250), Duration.ofSeconds(30), 8, 2);
    }

    private Backoff(Duration base, Duration cap, int tries, int belowLevelTries) {
        this.base = base;
        this.cap = cap;
        this.tries = tries;
        this.belowLevelTries = belowLevelTries;
    }

    /**
     * The longest first wait.
     *
     * @param base a time span; 250 ms unless set
     * @return this policy with that time
     * @throws IllegalArgumentException if it is negative
     */
    public Backoff base(Duration base) {
        return new Backoff(check(base), cap, tries, belowLevelTries);
    }

    /**
     * The longest wait.
     *
     * @param cap a time span; 30 s unless set
     * @return this policy with that time
     * @throws IllegalArgumentException if it is negative
     */
    public Backoff cap(Duration cap) {
        return new Backoff(base, check(cap), tries, belowLevelTries);
    }

    /**
     * How many attempts are made with the same points in all, the first included.
     *
     * @param tries a number from 1; 8 unless set
     * @return this policy with that number
     * @throws IllegalArgumentException if it is less than 1
     */
    public Backoff tries(int tries) {
        if (tries < 1) {
            throw new IllegalArgumentException("there is one attempt at least, not " + tries);
        }
        return new Backoff(base, cap, tries, belowLevelTries);
    }

    /**
     * How many times points are sent again because the level was not met.
     *
     * @param tries a number from 0; 2 unless set
     * @return this policy with that number
     * @throws IllegalArgumentException if it is negative
     */
    public Backoff belowLevelTries(int tries) {
        if (tries < 0) {
            throw new IllegalArgumentException("a number of tries is 0 or more, not " + tries);
        }
        return new Backoff(base, cap, this.tries, tries);
    }

    private static Duration check(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a pause is not negative: " + time);
        }
        return time;
    }

    /** Into a frame. */
    void put(FrameWriter frame) {
        frame.u8(2).duration(base).duration(cap).i32(tries).i32(belowLevelTries);
    }

    /** The same decision as that of the native library, for policies of an application that ask this one. */
    @Override
    public RetryDecision decide(FailedAttempt failed) {
        if (failed.attempts() >= tries || !failed.mayResend()) {
            return RetryDecision.giveUp();
        }
        RetryDecision decision = byClass(failed);
        if (decision.action() == RetryDecision.Action.GIVE_UP) {
            return decision;
        }
        Duration pause = failed.retryAfter().orElse(decision.pause());
        if (pause.compareTo(failed.remaining()) >= 0) {
            return RetryDecision.giveUp();
        }
        return decision.action() == RetryDecision.Action.SAME_ENDPOINT
                ? RetryDecision.sameEndpoint(pause)
                : RetryDecision.nextEndpoint(pause);
    }

    private RetryDecision byClass(FailedAttempt failed) {
        Duration pause = jittered(base, failed.attempts(), failed.random());
        Duration longer = jittered(base.multipliedBy(LONG), failed.attempts(), failed.random());
        switch (failed.writeClass()) {
            case UNREACHABLE:
                // Nothing was sent, so another node costs nothing; wait only once all were asked.
                return RetryDecision.nextEndpoint(failed.attempts() < failed.endpoints() ? Duration.ZERO : pause);
            case TIMEOUT:
            case NO_REPLICA:
                return RetryDecision.nextEndpoint(pause);
            case OVERLOADED:
                return RetryDecision.nextEndpoint(longer);
            case META_UNAVAILABLE:
                return failed.advice() == Advice.CALL_OPERATOR
                        ? RetryDecision.giveUp()
                        : RetryDecision.nextEndpoint(longer);
            case BELOW_LEVEL:
                return failed.belowLevel() > belowLevelTries
                        ? RetryDecision.giveUp()
                        : RetryDecision.sameEndpoint(longer);
            case NOT_FOUND:
                return failed.wasJustCreated() && failed.attempts() < LAG_TRIES
                        ? RetryDecision.sameEndpoint(jittered(LAG, failed.attempts(), 0.5 + failed.random() / 2))
                        : RetryDecision.giveUp();
            case OK:
            case DEFERRED:
            case AUTH:
            case REFUSED:
            case REJECTED:
            case MALFORMED:
            case TYPE_CONFLICT:
            case OUTSIDE_RETENTION:
            case LIMIT:
                return RetryDecision.giveUp();
        }
        throw new IllegalStateException("a class without a decision: " + failed.writeClass());
    }

    /** A random part of {@code first}, doubled for every failure so far, up to the cap. */
    private Duration jittered(Duration first, int failures, double random) {
        double longest = Math.min(first.toMillis() * Math.pow(2, Math.min(failures - 1, 31)), cap.toMillis());
        return Duration.ofNanos((long) (longest * 1_000_000 * random));
    }
}
