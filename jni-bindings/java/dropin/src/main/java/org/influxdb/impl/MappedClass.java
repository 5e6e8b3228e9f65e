package org.influxdb.impl;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDBMapperException;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Exclude;
import org.influxdb.annotation.Measurement;

/** A class that rows are mapped to: its columns and how its objects are made. */
final class MappedClass<T> {

    /** Lives as long as the class itself, so that no class loader is kept. */
    private static final ClassValue<MappedClass<?>> KNOWN = new ClassValue<>() {
        @Override
        protected MappedClass<?> computeValue(final Class<?> type) {
            return new MappedClass<>(type);
        }
    };

    private final Class<T> clazz;
    private final Map<String, MappedColumn> columns = new HashMap<>();
    /** The fields of a record in their order, {@code null} for any other class. */
    private final Field[] components;

    private MappedClass(final Class<T> clazz) {
        this.clazz = clazz;
        this.components = isRecord(clazz) ? instanceFields(clazz) : null;
        GenericClasses.walk(clazz, this::addColumns);
    }

    @SuppressWarnings("unchecked")
    static <T> MappedClass<T> of(final Class<T> clazz) {
        return (MappedClass<T>) KNOWN.get(clazz);
    }

    /** Records came with Java 16; this is compiled for 11. */
    private static boolean isRecord(final Class<?> type) {
        return type.getSuperclass() != null && type.getSuperclass().getName().equals("java.lang.Record");
    }

    /** A record's fields stand in the order of its components. */
    private static Field[] instanceFields(final Class<?> record) {
        return Arrays.stream(record.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .toArray(Field[]::new);
    }

    private void addColumns(final Class<?> declaring, final TypeMapper types) {
        Measurement measurement = declaring.getAnnotation(Measurement.class);
        boolean all = measurement != null && measurement.allFields();
        for (Field field : declaring.getDeclaredFields()) {
            Column column = field.getAnnotation(Column.class);
            if (column != null || all && isPlainField(field)) {
                String name = column == null || column.name().isEmpty() ? field.getName() : column.name();
                if (components == null) {
                    field.setAccessible(true);
                }
                columns.put(name, new MappedColumn(clazz, field, types.resolve(field.getGenericType())));
            }
        }
    }

    private static boolean isPlainField(final Field field) {
        return !Modifier.isStatic(field.getModifiers())
                && !field.isSynthetic()
                && !field.isAnnotationPresent(Exclude.class);
    }

    /** The field that a column goes to, or {@code null}. */
    MappedColumn column(final String name) {
        return columns.get(name);
    }

    /** Begins an object. */
    Maker maker(final TimeUnit precision) {
        return new Maker(precision);
    }

    /** One object in the making. */
    final class Maker {

        private final TimeUnit precision;
        private final T object;
        private final Map<String, Object> arguments;

        private Maker(final TimeUnit precision) {
            this.precision = precision;
            this.object = components == null ? newInstance() : null;
            this.arguments = components == null ? null : new HashMap<>();
        }

        /** Sets a column, if there is such a one and it has a value. */
        void set(final MappedColumn column, final Object value) {
            if (column == null || value == null) {
                return;
            }
            if (components != null) {
                arguments.put(column.fieldName(), column.convert(value, precision));
                return;
            }
            try {
                column.set(object, value, precision);
            } catch (IllegalAccessException e) {
                throw new InfluxDBMapperException(e);
            }
        }

        T make() {
            return components == null ? object : newRecord(arguments);
        }
    }

    private T newInstance() {
        try {
            return call(clazz.getDeclaredConstructor());
        } catch (NoSuchMethodException e) {
            InstantiationException same = new InstantiationException(clazz.getName());
            same.initCause(e);
            throw new InfluxDBMapperException(same);
        }
    }

    private T newRecord(final Map<String, Object> byName) {
        Class<?>[] types = new Class<?>[components.length];
        Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            Object value = byName.get(components[i].getName());
            arguments[i] = value == null ? unset(types[i]) : value;
        }
        try {
            return call(clazz.getDeclaredConstructor(types), arguments);
        } catch (NoSuchMethodException e) {
            throw new InfluxDBMapperException(e);
        }
    }

    /** What a field of a type holds before it is set. */
    private static Object unset(final Class<?> type) {
        return type.isPrimitive() ? java.lang.reflect.Array.get(java.lang.reflect.Array.newInstance(type, 1), 0) : null;
    }

    private T call(final Constructor<T> constructor, final Object... arguments) {
        try {
            constructor.setAccessible(true);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException) {
                throw (RuntimeException) e.getCause();
            }
            if (e.getCause() instanceof Error) {
                throw (Error) e.getCause();
            }
            throw new InfluxDBMapperException(e.getCause());
        } catch (InstantiationException | IllegalAccessException e) {
            throw new InfluxDBMapperException(e);
        }
    }
}
