package org.influxdb.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a field of a class as a column of its measurement: a field, a tag, or the time. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Column {

    /**
     * The column's name.
     *
     * @return the name, empty for the name of the Java field
     */
    String name() default "";

    /**
     * Whether the column is a tag.
     *
     * @return {@code true} for a tag
     */
    boolean tag() default false;
}
