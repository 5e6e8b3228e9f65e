package org.influxdb.querybuilder;

/** A call of a function. */
public class Function {

    private final String name;
    private final Object[] parameters;

    Function(final String name, final Object... parameters) {
        this.name = name;
        this.parameters = parameters;
    }

    /**
     * The function's name.
     *
     * @return the name
     */
    public String getName() {
        return name;
    }

    /**
     * What the function is called with.
     *
     * @return the parameters, in the call's own array
     */
    public Object[] getParameters() {
        return parameters;
    }
}
