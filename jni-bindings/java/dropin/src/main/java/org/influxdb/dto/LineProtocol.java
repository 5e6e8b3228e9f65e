package org.influxdb.dto;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.text.NumberFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.atomic.DoubleAdder;
import org.influxdb.impl.Legacy;

/** Writes points as influxdb-java does: sorted keys, decimals without an exponent, fields without a value left out. */
final class LineProtocol {

    /** Room for a line as most are. */
    static final int USUAL_LENGTH = 256;

    private static final int MAX_FRACTION_DIGITS = 340;

    private static final BigInteger LONG_MIN = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private static final ThreadLocal<NumberFormat> DECIMAL = ThreadLocal.withInitial(() -> {
        NumberFormat format = NumberFormat.getInstance(Locale.ENGLISH);
        format.setMinimumFractionDigits(1);
        format.setMaximumFractionDigits(MAX_FRACTION_DIGITS);
        format.setGroupingUsed(false);
        return format;
    });

    private LineProtocol() {}

    /** Appends a point without a line feed; nothing at all if no field has a value. */
    static void append(final StringBuilder line, final Point point, final TimeUnit precision) {
        int start = line.length();
        appendName(line, point.measurement());
        for (Map.Entry<String, String> tag : point.tags().entrySet()) {
            line.append(',');
            appendName(line, tag.getKey());
            line.append('=');
            appendName(line, tag.getValue());
        }
        int fields = line.length();
        for (Map.Entry<String, Object> field : point.fields().entrySet()) {
            Object value = field.getValue();
            if (hasText(value)) {
                line.append(line.length() == fields ? ' ' : ',');
                appendName(line, field.getKey());
                line.append('=');
                appendValue(line, value);
            }
        }
        if (line.length() == fields) {
            line.setLength(start);
        } else if (point.time() != null) {
            line.append(' ');
            appendTime(line, point.time(), point.precision(), precision == null ? TimeUnit.NANOSECONDS : precision);
        }
    }

    /** Whether line protocol has a text for a field's value: not for {@code null}, NaN and the infinities. */
    private static boolean hasText(final Object value) {
        if (value instanceof Double) {
            return Double.isFinite((Double) value);
        }
        if (value instanceof Float) {
            return Float.isFinite((Float) value);
        }
        return value != null;
    }

    private static void appendName(final StringBuilder line, final String name) {
        int written = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == ' ' || c == ',' || c == '=') {
                line.append(name, written, i).append('\\');
                written = i;
            }
        }
        line.append(name, written, name.length());
    }

    private static void appendValue(final StringBuilder line, final Object value) {
        if (value instanceof String) {
            appendString(line, (String) value);
        } else if (!(value instanceof Number)) {
            line.append(value);
        } else if (value instanceof BigDecimal) {
            line.append(DECIMAL.get().format(value));
        } else if (isDecimal(value)) {
            line.append(DECIMAL.get().format(((Number) value).doubleValue()));
        } else {
            line.append(value).append('i');
        }
    }

    private static void appendString(final StringBuilder line, final String text) {
        line.append('"');
        int written = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.append(text, written, i).append('\\');
                written = i;
            }
        }
        line.append(text, written, text.length()).append('"');
    }

    private static boolean isDecimal(final Object number) {
        return number instanceof Double
                || number instanceof Float
                || (number instanceof DoubleAdder || number instanceof DoubleAccumulator) && !Legacy.isOn();
    }

    private static void appendTime(
            final StringBuilder line, final Number time, final TimeUnit unit, final TimeUnit precision) {
        if (time instanceof BigInteger || time instanceof BigDecimal) {
            BigInteger nanos = nanosOf(unit);
            BigInteger exact = time instanceof BigInteger
                    ? ((BigInteger) time).multiply(nanos)
                    : ((BigDecimal) time).multiply(new BigDecimal(nanos)).toBigInteger();
            line.append(exact.divide(nanosOf(precision)));
        } else {
            line.append(precision.convert(time.longValue(), unit));
        }
    }

    private static BigInteger nanosOf(final TimeUnit unit) {
        return BigInteger.valueOf(unit.toNanos(1));
    }

    /**
     * Refuses a name or tag value that line protocol 1.x cannot carry: it has no escape for a line
     * feed, nor for a backslash that stands before a separator.
     *
     * @param what what the text is, for the exception
     * @param text the text
     * @throws IllegalArgumentException if the server would read something else than the text
     */
    static void checkName(final String what, final String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                throw new IllegalArgumentException(what + " has a line feed, which would begin another point");
            }
            if (c == '\\' && (i + 1 == text.length() || " ,=".indexOf(text.charAt(i + 1)) >= 0)) {
                throw new IllegalArgumentException(
                        what + " has a backslash before a separator, which would become part of the text");
            }
        }
    }

    /**
     * Refuses a measurement that the server would skip as a comment, or that {@link #checkName} refuses.
     *
     * @param measurement the measurement
     * @throws IllegalArgumentException if the server would read something else
     */
    static void checkMeasurement(final String measurement) {
        if (measurement.startsWith("#")) {
            throw new IllegalArgumentException("measurement begins with '#': the server would skip the point");
        }
        checkName("measurement", measurement);
    }

    /**
     * Refuses a field's value that no server stores, or that would begin another point.
     *
     * @param key the field
     * @param value its value
     * @throws IllegalArgumentException if it is an integer beyond 64 bits, or an object whose text has a line feed
     */
    static void checkValue(final String key, final Object value) {
        if (value instanceof BigInteger) {
            BigInteger integer = (BigInteger) value;
            if (integer.compareTo(LONG_MIN) < 0 || integer.compareTo(LONG_MAX) > 0) {
                throw new IllegalArgumentException("field " + key + " is an integer beyond 64 bits");
            }
        } else if (value != null
                && !(value instanceof String)
                && !(value instanceof Number)
                && !(value instanceof Boolean)
                && value.toString().indexOf('\n') >= 0) {
            throw new IllegalArgumentException("field " + key + " has a line feed, which would begin another point");
        }
    }
}
