package org.influxdb.impl;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDBMapperException;

/** Turns a value of a result into one that a field of a class can hold. */
final class FieldConversion {

    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000L);

    private final String owner;
    private final String name;
    private final Type type;
    private final TimeUnit precision;
    private final boolean legacy = Legacy.isOn();

    FieldConversion(final String owner, final String name, final Type type, final TimeUnit precision) {
        this.owner = owner;
        this.name = name;
        this.type = type;
        this.precision = precision;
    }

    Object convert(final Object value) {
        if (type == Instant.class) {
            return instant(value);
        }
        if (type == String.class) {
            return String.valueOf(value);
        }
        if (type == double.class || type == Double.class) {
            return value instanceof Number && !legacy ? (Object) ((Number) value).doubleValue() : value;
        }
        if (type == long.class || type == Long.class) {
            return whole(value, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == int.class || type == Integer.class) {
            return (int) whole(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == boolean.class || type == Boolean.class) {
            return Boolean.valueOf(String.valueOf(value));
        }
        if (type instanceof Class && ((Class<?>) type).isEnum()) {
            return constant((Class<?>) type, String.valueOf(value));
        }
        if (!legacy && (type == short.class || type == Short.class)) {
            return (short) whole(value, Short.MIN_VALUE, Short.MAX_VALUE);
        }
        if (!legacy && (type == float.class || type == Float.class)) {
            return number(value).floatValue();
        }
        throw new InfluxDBMapperException(
                "Class '" + owner + "' field '" + name + "' is from an unsupported type '" + type + "'.");
    }

    private Number number(final Object value) {
        if (value instanceof Number && (!legacy || value instanceof Double)) {
            return (Number) value;
        }
        throw new InfluxDBMapperException("Class '" + owner + "' field '" + name
                + "' was defined with a different field type and caused a ClassCastException. The correct type is '"
                + value.getClass().getName() + "' (current field value: '" + value + "').");
    }

    /** A number without what is behind the point. */
    private long whole(final Object value, final long min, final long max) {
        Number number = number(value);
        if (legacy) {
            return max == Integer.MAX_VALUE ? number.intValue() : number.longValue();
        }
        if (number instanceof Double || number instanceof Float) {
            double d = number.doubleValue();
            // 2^63 itself is a double, and no long.
            if (d >= min - 0.5 && d < max + 1.0 && d < 0x1p63 || Double.isNaN(d)) {
                return number.longValue();
            }
        } else {
            try {
                long whole = exact(number).longValueExact();
                if (whole >= min && whole <= max) {
                    return whole;
                }
            } catch (ArithmeticException e) {
                throw outside(value, e);
            }
        }
        throw outside(value, null);
    }

    private InfluxDBMapperException outside(final Object value, final Throwable cause) {
        return new InfluxDBMapperException(
                "Class '" + owner + "' field '" + name + "' cannot hold the value '" + value + "'.", cause);
    }

    private static BigInteger exact(final Number number) {
        if (number instanceof BigInteger) {
            return (BigInteger) number;
        }
        return number instanceof BigDecimal
                ? ((BigDecimal) number).toBigInteger()
                : BigInteger.valueOf(number.longValue());
    }

    private Instant instant(final Object value) {
        if (value instanceof Instant) {
            return (Instant) value;
        }
        if (value instanceof String) {
            return OffsetDateTime.parse((String) value).toInstant();
        }
        boolean readable = legacy
                ? value instanceof Long || value instanceof Double || value instanceof Integer
                : value instanceof Number;
        if (!readable) {
            throw new InfluxDBMapperException("Unsupported type " + Instant.class + " for field " + name);
        }
        Number number = (Number) value;
        if (legacy) {
            return Instant.ofEpochMilli(precision.toMillis(number.longValue()));
        }
        BigInteger units = number instanceof Double || number instanceof Float
                ? BigInteger.valueOf(number.longValue())
                : exact(number);
        BigInteger[] parts =
                units.multiply(BigInteger.valueOf(precision.toNanos(1))).divideAndRemainder(NANOS);
        try {
            return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
        } catch (ArithmeticException | DateTimeException e) {
            throw outside(value, e);
        }
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object constant(final Class<?> type, final String constant) {
        return Enum.valueOf((Class<Enum>) type, constant);
    }
}
