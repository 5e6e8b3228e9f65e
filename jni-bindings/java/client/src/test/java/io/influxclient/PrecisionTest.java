package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Times as numbers of units and back. */
class PrecisionTest {

    @Test
    void timesAreRoundedDown() {
        Instant time = Instant.parse("2020-09-13T12:26:40.123456789Z");
        assertEquals(1_600_000_000_123_456_789L, Precision.NANOSECONDS.count(time));
        assertEquals(1_600_000_000_123_456L, Precision.MICROSECONDS.count(time));
        assertEquals(1_600_000_000_123L, Precision.MILLISECONDS.count(time));
        assertEquals(1_600_000_000L, Precision.SECONDS.count(time));
        assertEquals(26_666_666L, Precision.MINUTES.count(time));
        assertEquals(444_444L, Precision.HOURS.count(time));
        Instant before = Instant.ofEpochSecond(0, -1);
        for (Precision precision : Precision.values()) {
            assertEquals(-1, precision.count(before));
        }
    }

    @Test
    void everyNumberOfNanosecondsIsATime() {
        for (long count : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 0, 1, Long.MAX_VALUE}) {
            assertEquals(count, Precision.NANOSECONDS.count(Precision.NANOSECONDS.instant(count)));
        }
        for (Precision precision : Precision.values()) {
            for (long count : new long[] {-1_000_001, -1, 0, 1, 9_999_999}) {
                assertEquals(count, precision.count(precision.instant(count)));
            }
        }
        Instant tooLate = Precision.NANOSECONDS.instant(Long.MAX_VALUE).plusNanos(1);
        assertThrows(ArithmeticException.class, () -> Precision.NANOSECONDS.count(tooLate));
        Instant tooEarly = Precision.NANOSECONDS.instant(Long.MIN_VALUE).minusNanos(1);
        assertThrows(ArithmeticException.class, () -> Precision.NANOSECONDS.count(tooEarly));
    }
}
