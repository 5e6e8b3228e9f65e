package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Policies that are built in decide the same when a policy of an application asks them. */
class RetryPoliciesTest {

    private static final long NONE = -1;

    private static FailedAttempt failed(WriteClass writeClass, Outcome known, int attempts) {
        return Frames.failed(writeClass, Advice.BACK_OFF, known, attempts, attempts, true, false, 0.5, NONE);
    }

    private static RetryDecision decide(RetryPolicy policy, WriteClass writeClass, int attempts) {
        return policy.decide(failed(writeClass, Outcome.UNKNOWN, attempts));
    }

    private static void assertGivesUp(RetryDecision decision) {
        assertEquals(RetryDecision.Action.GIVE_UP, decision.action());
    }

    @Test
    void eachClassHasItsDecision() {
        Backoff policy = RetryPolicies.backoff();
        RetryDecision next = decide(policy, WriteClass.TIMEOUT, 1);
        assertEquals(RetryDecision.Action.NEXT_ENDPOINT, next.action());
        assertEquals(Duration.ofMillis(125), next.pause());
        assertEquals(
                Duration.ofMillis(250), decide(policy, WriteClass.NO_REPLICA, 2).pause());
        assertEquals(
                Duration.ofSeconds(1), decide(policy, WriteClass.OVERLOADED, 1).pause());
        assertEquals(Duration.ZERO, decide(policy, WriteClass.UNREACHABLE, 1).pause(), "the other endpoint at once");
        assertEquals(
                Duration.ofMillis(250),
                decide(policy, WriteClass.UNREACHABLE, 2).pause());
        assertEquals(
                RetryDecision.Action.SAME_ENDPOINT,
                decide(policy, WriteClass.BELOW_LEVEL, 1).action());
        assertGivesUp(decide(policy, WriteClass.BELOW_LEVEL, 3));
        assertGivesUp(decide(policy, WriteClass.TIMEOUT, 8));
        for (WriteClass never : new WriteClass[] {
            WriteClass.DEFERRED,
            WriteClass.AUTH,
            WriteClass.NOT_FOUND,
            WriteClass.REFUSED,
            WriteClass.REJECTED,
            WriteClass.MALFORMED,
            WriteClass.TYPE_CONFLICT,
            WriteClass.OUTSIDE_RETENTION,
            WriteClass.LIMIT,
            WriteClass.OK
        }) {
            assertGivesUp(decide(policy, never, 1));
        }
    }

    @Test
    void whatMayBeStoredTwiceIsNotSentAgain() {
        Backoff policy = RetryPolicies.backoff();
        FailedAttempt doubtful =
                Frames.failed(WriteClass.TIMEOUT, Advice.STAMP_FIRST, Outcome.UNKNOWN, 1, 0, false, false, 0.5, NONE);
        assertGivesUp(policy.decide(doubtful));
        FailedAttempt certain = Frames.failed(
                WriteClass.OVERLOADED, Advice.LONG_BACK_OFF, Outcome.NOT_STORED, 1, 0, false, false, 0.5, NONE);
        assertEquals(RetryDecision.Action.NEXT_ENDPOINT, policy.decide(certain).action());
    }

    @Test
    void theServersWishAndTheDeadlineCount() {
        Backoff policy = RetryPolicies.backoff();
        long three = Duration.ofSeconds(3).toNanos();
        assertEquals(
                Duration.ofSeconds(3),
                policy.decide(Frames.failed(
                                WriteClass.OVERLOADED,
                                Advice.LONG_BACK_OFF,
                                Outcome.UNKNOWN,
                                1,
                                0,
                                true,
                                false,
                                0.5,
                                three))
                        .pause());
        assertGivesUp(policy.decide(Frames.failed(
                WriteClass.OVERLOADED, Advice.LONG_BACK_OFF, Outcome.UNKNOWN, 1, 0, true, false, 0.5, 20 * three)));
        assertGivesUp(policy.decide(Frames.failed(
                WriteClass.META_UNAVAILABLE, Advice.CALL_OPERATOR, Outcome.NOT_STORED, 1, 0, true, false, 0.5, NONE)));
        FailedAttempt fresh =
                Frames.failed(WriteClass.NOT_FOUND, Advice.CREATE, Outcome.NOT_STORED, 1, 0, true, true, 0.5, NONE);
        assertEquals(Duration.ofMillis(30), policy.decide(fresh).pause());
    }

    @Test
    void theLevelFallsOnlyWhereItWasTheObstacle() {
        Downgrade policy = RetryPolicies.downgradeTo(ConsistencyLevel.ONE).after(RetryPolicies.none());
        for (WriteClass lowered :
                new WriteClass[] {WriteClass.BELOW_LEVEL, WriteClass.NO_REPLICA, WriteClass.TIMEOUT}) {
            assertEquals(
                    ConsistencyLevel.ONE, decide(policy, lowered, 1).level().orElseThrow());
        }
        assertGivesUp(decide(policy, WriteClass.TYPE_CONFLICT, 1));
        Downgrade up = RetryPolicies.downgradeTo(ConsistencyLevel.ALL).after(failed -> null);
        assertEquals(null, decide(up, WriteClass.TIMEOUT, 1), "never to a stronger level");
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThrows(
                IllegalArgumentException.class, () -> RetryPolicies.backoff().tries(0));
        assertThrows(
                IllegalArgumentException.class, () -> RetryPolicies.backoff().belowLevelTries(-1));
        assertThrows(
                IllegalArgumentException.class, () -> RetryPolicies.backoff().base(Duration.ofNanos(-1)));
        assertThrows(
                IllegalArgumentException.class, () -> RetryPolicies.backoff().cap(Duration.ofNanos(-1)));
        assertThrows(NullPointerException.class, () -> RetryPolicies.downgradeTo(null));
        assertThrows(NullPointerException.class, () -> RetryPolicies.downgradeTo(ConsistencyLevel.ANY)
                .after(null));
        assertThrows(IllegalArgumentException.class, () -> RetryDecision.sameEndpoint(Duration.ofNanos(-1)));
        assertThrows(NullPointerException.class, () -> RetryDecision.lowerTo(null, Duration.ZERO));
        assertThrows(
                IllegalArgumentException.class, () -> RetryBudget.standard().tokens(-1));
        assertThrows(IllegalArgumentException.class, () -> Gzip.level(0));
        assertThrows(IllegalArgumentException.class, () -> Gzip.above(-1));
    }
}
