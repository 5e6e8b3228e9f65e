package org.influxdb.impl;

import java.lang.reflect.Field;
import java.lang.reflect.Type;
import java.util.concurrent.TimeUnit;

/** A field of a class that rows are mapped to. */
final class MappedColumn {

    private final Class<?> owner;
    private final Field field;
    private final Type type;

    MappedColumn(final Class<?> owner, final Field field, final Type type) {
        this.owner = owner;
        this.field = field;
        this.type = type;
    }

    /** The name of the Java field, which for a record is that of the component. */
    String fieldName() {
        return field.getName();
    }

    /** Sets the field of an object; without a value it keeps the one it has. */
    void set(final Object object, final Object value, final TimeUnit precision) throws IllegalAccessException {
        if (value != null) {
            field.set(object, convert(value, precision));
        }
    }

    /** A value as the field's type has it. */
    Object convert(final Object value, final TimeUnit precision) {
        return new FieldConversion(owner.getName(), field.getName(), type, precision).convert(value);
    }
}
