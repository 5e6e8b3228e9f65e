package org.influxdb.annotation;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.TimeUnit;

/** Marks a class whose instances are points of one measurement. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Measurement {

    /**
     * The measurement's name.
     *
     * @return the name
     */
    String name();

    /**
     * The database, for reading and saving by {@code InfluxDBMapper}.
     *
     * @return the database, {@code [unassigned]} for the one that the client is set to
     */
    String database() default "[unassigned]";

    /**
     * The retention policy, for saving by {@code InfluxDBMapper}.
     *
     * @return the retention policy
     */
    String retentionPolicy() default "autogen";

    /**
     * The precision of the points that instances become.
     *
     * @return the unit
     */
    TimeUnit timeUnit() default TimeUnit.MILLISECONDS;

    /**
     * Whether every field of the class is a column, marked or not, but for static ones and those marked
     * {@link Exclude}.
     *
     * @return {@code true} for all fields
     */
    boolean allFields() default false;
}
