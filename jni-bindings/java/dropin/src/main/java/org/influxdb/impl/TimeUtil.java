package org.influxdb.impl;

import java.text.DateFormat;
import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.TimeUnit;

/** Times as the server writes them. Safe for use by several threads. */
public enum TimeUtil {

    /** The one instance; nothing needs it. */
    INSTANCE;

    /** The length of a time in whole seconds, as {@code 2017-09-19T12:00:00Z} has it. */
    public static final int TIME_IN_SECOND_LENGTH = 20;

    private static final String MILLIS = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

    private static final Set<TimeUnit> PRECISIONS = EnumSet.range(TimeUnit.NANOSECONDS, TimeUnit.HOURS);

    /**
     * The name of a unit in the parameters {@code precision} and {@code epoch}.
     *
     * @param t the unit
     * @return {@code n}, {@code u}, {@code ms}, {@code s}, {@code m} or {@code h}
     * @throws NullPointerException if the unit is {@code null}
     * @throws IllegalArgumentException if it is {@link TimeUnit#DAYS}
     */
    public static String toTimePrecision(final TimeUnit t) {
        switch (t) {
            case NANOSECONDS:
                return "n";
            case MICROSECONDS:
                return "u";
            case MILLISECONDS:
                return "ms";
            case SECONDS:
                return "s";
            case MINUTES:
                return "m";
            case HOURS:
                return "h";
            default:
                throw new IllegalArgumentException("time precision must be one of:" + PRECISIONS);
        }
    }

    /**
     * A time as the server writes it, with three digits behind the point.
     *
     * @param time milliseconds since 1970, UTC
     * @return the time, such as {@code 2017-09-19T12:00:00.123Z}
     */
    public static String toInfluxDBTimeFormat(final long time) {
        return format(MILLIS).format(time);
    }

    /**
     * Reads a time as the server writes it.
     *
     * @param time the time, with up to nine digits behind the point
     * @return milliseconds since 1970, UTC; what is finer is cut off
     * @throws RuntimeException if it is no time, or {@code null}
     */
    public static long fromInfluxDBTimeFormat(final String time) {
        try {
            if (Legacy.isOn()) {
                return fromWholeMillis(time);
            }
            if (time.endsWith("Z")) {
                return Instant.parse(time).toEpochMilli();
            }
            throw new ParseException("Unparseable date: \"" + time + '"', 0);
        } catch (ParseException | DateTimeParseException | ArithmeticException | NullPointerException e) {
            throw new RuntimeException("unexpected date format", e);
        }
    }

    /** As influxdb-java reads it: all digits behind the point are milliseconds. */
    private static long fromWholeMillis(final String time) throws ParseException {
        boolean seconds = time.length() == TIME_IN_SECOND_LENGTH;
        return format(seconds ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : MILLIS).parse(time).getTime();
    }

    private static DateFormat format(final String pattern) {
        // Elsewhere the year may be that of another calendar, and digits may be other ones.
        Locale locale = Legacy.isOn() ? Locale.getDefault(Locale.Category.FORMAT) : Locale.ROOT;
        DateFormat format = new SimpleDateFormat(pattern, locale);
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        return format;
    }
}
