package io.influxclient.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A parameter that gets the address of a node's public API, {@code http://host:port}: a {@code String} for one node, a
 * {@code List<String>} or a {@code String[]} for all data nodes.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface NodeUrl {

    /**
     * Which node.
     *
     * @return its name; the first data node unless given. Of no meaning where the parameter is for all nodes
     */
    String value() default "";
}
