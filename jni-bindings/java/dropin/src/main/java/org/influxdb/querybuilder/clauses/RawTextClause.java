package org.influxdb.querybuilder.clauses;

/** A condition that stands in the query as it is. */
public class RawTextClause extends AbstractClause {

    private final String text;

    /**
     * A text.
     *
     * @param text the text
     * @throws IllegalArgumentException if it is {@code null}
     */
    public RawTextClause(final String text) {
        if (text == null) {
            throw new IllegalArgumentException("Missing text for expression");
        }
        this.text = text;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(text);
    }
}
