package org.influxdb.impl;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Walks up the classes that a class extends, with what their type variables stand for.
 *
 * <p>Not part of influxdb-java's API.
 */
public final class GenericClasses {

    private GenericClasses() {}

    /**
     * Shows a class and then each class it extends, up to but not including {@link Object}.
     *
     * @param clazz the class to begin with
     * @param visitor takes each class, and the mapper of its type variables
     */
    public static void walk(final Class<?> clazz, final BiConsumer<Class<?>, TypeMapper> visitor) {
        TypeMapper types = TypeMapper.empty();
        for (Class<?> c = clazz; c != null && c != Object.class; c = c.getSuperclass()) {
            visitor.accept(c, types);
            types = ofSuperclass(c, types);
        }
    }

    private static TypeMapper ofSuperclass(final Class<?> clazz, final TypeMapper types) {
        Type generic = clazz.getGenericSuperclass();
        if (!(generic instanceof ParameterizedType)) {
            return TypeMapper.empty();
        }
        TypeVariable<?>[] variables = clazz.getSuperclass().getTypeParameters();
        Type[] arguments = ((ParameterizedType) generic).getActualTypeArguments();
        Map<TypeVariable<?>, Type> meanings = new HashMap<>();
        for (int i = 0; i < variables.length; i++) {
            Type argument = arguments[i];
            Type meaning = argument instanceof TypeVariable ? types.get((TypeVariable<?>) argument) : argument;
            meanings.put(variables[i], meaning);
        }
        return meanings::get;
    }
}
