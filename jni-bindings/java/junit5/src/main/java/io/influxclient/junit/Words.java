package io.influxclient.junit;

import java.time.Duration;

/** What is written into orders for the native side. */
final class Words {

    private Words() {}

    static String time(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a negative duration: " + time);
        }
        return nanos(time) + "ns";
    }

    static String skew(Duration skew) {
        return (skew.isNegative() ? "-" : "+") + nanos(skew.abs()) + "ns";
    }

    static String probability(double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException(probability + " is no probability: it is from 0 to 1");
        }
        return Double.toString(probability);
    }

    static String seed(long seed) {
        if (seed < 0) {
            throw new IllegalArgumentException("a negative seed: " + seed);
        }
        return Long.toString(seed);
    }

    private static long nanos(Duration time) {
        try {
            return time.toNanos();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("longer than 292 years: " + time, e);
        }
    }
}
