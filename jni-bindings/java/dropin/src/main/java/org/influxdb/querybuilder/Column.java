package org.influxdb.querybuilder;

/** A column, by its name. */
public class Column {

    private final String name;

    Column(final String name) {
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
