package org.influxdb.querybuilder;

/** A parameter that a value is bound to. */
public class Placeholder {

    private final String name;

    Placeholder(final String name) {
        this.name = name;
    }

    /**
     * The name.
     *
     * @return the name
     */
    public String getName() {
        return name;
    }
}
