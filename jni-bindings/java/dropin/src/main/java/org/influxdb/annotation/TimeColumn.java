package org.influxdb.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.TimeUnit;

/** Marks the field of a class that holds the point's time. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface TimeColumn {

    /**
     * The precision that the time is written in.
     *
     * @return the unit
     */
    TimeUnit timeUnit() default TimeUnit.MILLISECONDS;
}
