package org.influxdb.dto;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.influxdb.BuilderException;
import org.influxdb.InfluxDBMapperException;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Exclude;
import org.influxdb.annotation.Measurement;
import org.influxdb.annotation.TimeColumn;
import org.influxdb.impl.GenericClasses;
import org.influxdb.impl.Legacy;
import org.influxdb.impl.TypeMapper;

/** Reads an object's columns into the builder of a point. */
final class ObjectReader {

    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000L);

    private static final Set<Class<?>> FIELD_TYPES = Set.of(
            String.class,
            boolean.class,
            Boolean.class,
            double.class,
            Double.class,
            float.class,
            Float.class,
            long.class,
            Long.class,
            int.class,
            Integer.class,
            short.class,
            Short.class);

    private final Point.Builder builder;

    ObjectReader(final Point.Builder builder) {
        this.builder = builder;
    }

    /**
     * Reads an object, the class it is of before those it extends.
     *
     * @throws BuilderException if the builder is left without a field
     * @throws InfluxDBMapperException if a column's type is none that can be written
     */
    void read(final Object pojo) {
        GenericClasses.walk(pojo.getClass(), (clazz, types) -> readColumns(pojo, clazz, types));
        if (!builder.hasFields()) {
            throw new BuilderException("Class " + pojo.getClass().getName() + " has no @Column annotation");
        }
    }

    private void readColumns(final Object pojo, final Class<?> clazz, final TypeMapper types) {
        Measurement measurement = clazz.getAnnotation(Measurement.class);
        boolean all = measurement != null && measurement.allFields();
        for (Field field : clazz.getDeclaredFields()) {
            if (isColumn(field, all)) {
                read(pojo, field, types);
            }
        }
    }

    private static boolean isColumn(final Field field, final boolean all) {
        if (Modifier.isStatic(field.getModifiers())) {
            return false;
        }
        if (field.isAnnotationPresent(Column.class)) {
            return true;
        }
        return all && !field.isSynthetic() && !field.isAnnotationPresent(Exclude.class);
    }

    private void read(final Object pojo, final Field field, final TypeMapper types) {
        Column column = field.getAnnotation(Column.class);
        String name = column == null || column.name().isEmpty() ? field.getName() : column.name();
        Object value = valueOf(pojo, field, name);
        TimeColumn time = field.getAnnotation(TimeColumn.class);
        Type type = types.resolve(field.getGenericType());
        if (time != null) {
            if (type != Instant.class) {
                throw new InfluxDBMapperException("Unsupported type " + type + " for time: should be of Instant type");
            }
            if (value != null) {
                readTime((Instant) value, time.timeUnit());
            }
        } else if (value != null) {
            if (column != null && column.tag()) {
                readTag(name, value);
            } else {
                readField(name, type, value);
            }
        }
    }

    private static Object valueOf(final Object pojo, final Field field, final String name) {
        try {
            field.setAccessible(true);
            return field.get(pojo);
        } catch (IllegalAccessException e) {
            throw new BuilderException(
                    "Field " + name + " of class " + pojo.getClass().getName() + " cannot be read");
        }
    }

    private void readTime(final Instant time, final TimeUnit unit) {
        if (unit == TimeUnit.NANOSECONDS || unit == TimeUnit.MICROSECONDS) {
            BigInteger nanos =
                    BigInteger.valueOf(time.getEpochSecond()).multiply(NANOS).add(BigInteger.valueOf(time.getNano()));
            builder.time(nanos.divide(BigInteger.valueOf(unit.toNanos(1))), unit);
        } else {
            builder.time((Long) unit.convert(time.toEpochMilli(), TimeUnit.MILLISECONDS), unit);
        }
    }

    private void readTag(final String name, final Object value) {
        if (Legacy.isOn()) {
            builder.putTag(name, (String) value);
        } else {
            builder.tag(name, value instanceof Enum ? ((Enum<?>) value).name() : value.toString());
        }
    }

    private void readField(final String name, final Type type, final Object value) {
        if (type instanceof Class && ((Class<?>) type).isEnum()) {
            builder.putField(name, ((Enum<?>) value).name());
        } else if (type instanceof Class && FIELD_TYPES.contains(type)) {
            builder.putField(name, value);
        } else {
            throw new InfluxDBMapperException("Unsupported type " + type + " for column " + name);
        }
    }
}
