package org.influxdb.impl;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.HashMap;
import java.util.Map;

/** Tells what the type variables of a generic class stand for in a class that extends it. */
@FunctionalInterface
public interface TypeMapper {

    /** The mapper of a class without type variables. */
    TypeMapper EMPTY = variable -> null;

    /**
     * The mapper of a generic class.
     *
     * @param type how the class is named where it is extended, with its type arguments
     * @param clazz the generic class
     * @return a mapper of the class's type variables
     */
    static TypeMapper of(final ParameterizedType type, final Class<?> clazz) {
        TypeVariable<?>[] variables = clazz.getTypeParameters();
        Type[] arguments = type.getActualTypeArguments();
        Map<TypeVariable<?>, Type> meanings = new HashMap<>();
        for (int i = 0; i < Math.min(variables.length, arguments.length); i++) {
            meanings.put(variables[i], arguments[i]);
        }
        return meanings::get;
    }

    /**
     * The mapper of a class without type variables.
     *
     * @return {@link #EMPTY}
     */
    static TypeMapper empty() {
        return EMPTY;
    }

    /**
     * What a type stands for.
     *
     * @param type a type
     * @return what it stands for if it is a type variable, else the type itself
     * @throws IllegalStateException if it is a type variable that nothing is known of
     */
    default Type resolve(final Type type) {
        if (!(type instanceof TypeVariable)) {
            return type;
        }
        Type meaning = get((TypeVariable<?>) type);
        if (meaning == null) {
            throw new IllegalStateException("Could not resolve type " + type);
        }
        return meaning;
    }

    /**
     * What a type variable stands for.
     *
     * @param typeVariable a type variable
     * @return what it stands for, or {@code null}
     */
    Type get(TypeVariable<?> typeVariable);
}
