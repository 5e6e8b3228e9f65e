package org.influxdb.querybuilder.clauses;

/** Reads from what a text says. */
public class RawFromClause extends FromClause {

    private final String text;

    /**
     * A text.
     *
     * @param text the text, which stands in the query as it is
     * @throws IllegalArgumentException if it is {@code null}
     */
    public RawFromClause(final String text) {
        if (text == null) {
            throw new IllegalArgumentException("Provide a valid value");
        }
        this.text = text;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(text);
    }
}
