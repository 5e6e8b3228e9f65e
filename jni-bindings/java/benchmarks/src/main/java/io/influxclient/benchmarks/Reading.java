package io.influxclient.benchmarks;

import java.util.SplittableRandom;

/** What every client writes: three tags, four fields and a time in nanoseconds, 145 bytes of line protocol on average. */
final class Reading {
    static final String MEASUREMENT = "cpu";

    final String host;
    final String region;
    final String rack;
    final double user;
    final double system;
    final double idle;
    final long interrupts;
    final long time;

    private Reading(SplittableRandom random, int index) {
        host = String.format("server-%04d", random.nextInt(1_000));
        region = "eu-west-" + random.nextInt(3);
        rack = String.valueOf(random.nextInt(100));
        // Most as a meter with two digits gives them, each fifth with all digits, as an average has.
        user = value(random, index);
        system = value(random, index);
        idle = value(random, index);
        interrupts = random.nextInt(1_000_000);
        time = 1_700_000_000_000_000_000L + index * 1_000_000L + random.nextInt(1_000_000);
    }

    private static double value(SplittableRandom random, int index) {
        double value = random.nextDouble() * 100;
        return index % 5 == 0 ? value : Math.round(value * 100) / 100.0;
    }

    /**
     * The same readings on every call.
     *
     * @param count how many
     * @return the readings, in the order of their times
     */
    static Reading[] several(int count) {
        SplittableRandom random = new SplittableRandom(7);
        Reading[] readings = new Reading[count];
        for (int i = 0; i < count; i++) {
            readings[i] = new Reading(random, i);
        }
        return readings;
    }
}
