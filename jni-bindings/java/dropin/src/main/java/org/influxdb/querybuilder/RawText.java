package org.influxdb.querybuilder;

/** Text that stands in the query as it is. */
public class RawText implements Appendable {

    private final String text;

    /**
     * A text.
     *
     * @param text the text
     */
    public RawText(final String text) {
        this.text = text;
    }

    @Override
    public void appendTo(final StringBuilder stringBuilder) {
        stringBuilder.append(text);
    }
}
