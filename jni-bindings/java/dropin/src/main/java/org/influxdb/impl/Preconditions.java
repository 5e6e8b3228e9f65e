package org.influxdb.impl;

import java.util.regex.Pattern;

/** Checks of arguments. */
public final class Preconditions {

    private static final Pattern DURATION = Pattern.compile("(\\d+[wdmhs])+|inf");

    private Preconditions() {}

    /**
     * Checks that a text has at least one character.
     *
     * @param string the text
     * @param name what to call it in the exception
     * @return the text
     * @throws IllegalArgumentException if it is {@code null} or empty
     */
    public static String checkNonEmptyString(final String string, final String name) throws IllegalArgumentException {
        if (string == null || string.isEmpty()) {
            throw new IllegalArgumentException("Expecting a non-empty string for " + name);
        }
        return string;
    }

    /**
     * Checks that a number is above zero.
     *
     * @param number the number
     * @param name what to call it in the exception
     * @throws IllegalArgumentException if it is {@code null}, zero or below
     */
    public static void checkPositiveNumber(final Number number, final String name) throws IllegalArgumentException {
        if (number == null || number.doubleValue() <= 0) {
            throw new IllegalArgumentException("Expecting a positive number for " + name);
        }
    }

    /**
     * Checks that a number is not below zero.
     *
     * @param number the number
     * @param name what to call it in the exception
     * @throws IllegalArgumentException if it is {@code null} or below zero
     */
    public static void checkNotNegativeNumber(final Number number, final String name) throws IllegalArgumentException {
        if (number == null || number.doubleValue() < 0) {
            throw new IllegalArgumentException("Expecting a positive or zero number for " + name);
        }
    }

    /**
     * Checks that a text is a duration as retention policies have them: {@code inf}, or numbers with
     * one of the units {@code w}, {@code d}, {@code h}, {@code m} and {@code s}.
     *
     * @param duration the text
     * @param name what to call it in the exception
     * @throws IllegalArgumentException if it is none
     */
    public static void checkDuration(final String duration, final String name) throws IllegalArgumentException {
        if (!DURATION.matcher(duration).matches()) {
            throw new IllegalArgumentException("Invalid InfluxDB duration: " + duration + " for " + name);
        }
    }
}
