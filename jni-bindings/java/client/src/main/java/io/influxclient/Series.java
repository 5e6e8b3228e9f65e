package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;

/** Rows of one series. Immutable. */
public final class Series {

    private final String name;
    private final Map<String, String> tags;
    private final List<String> columns;
    private final Object[][] rows;
    private final Precision precision;

    Series(FrameReader frame, Precision precision) {
        this.precision = precision;
        name = frame.text();
        tags = frame.map();
        columns = frame.list(frame::text);
        int count = frame.i32();
        rows = new Object[count][columns.size()];
        for (Object[] row : rows) {
            for (int column = 0; column < row.length; column++) {
                row[column] = Query.value(frame);
            }
        }
    }

    /**
     * The measurement, or what is listed.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * The tags that the rows are grouped by.
     *
     * @return a map that cannot be changed
     */
    public Map<String, String> tags() {
        return tags;
    }

    /**
     * The names of the columns.
     *
     * @return a list that cannot be changed
     */
    public List<String> columns() {
        return columns;
    }

    /**
     * The rows.
     *
     * @return a list that cannot be changed
     */
    public List<Row> rows() {
        return new RowList();
    }

    Precision precision() {
        return precision;
    }

    @Override
    public String toString() {
        return name + tags + ": " + rows.length + " rows";
    }

    /** Rows are made when they are asked for. */
    private final class RowList extends AbstractList<Row> implements RandomAccess {

        @Override
        public Row get(int index) {
            return new Row(Series.this, rows[index]);
        }

        @Override
        public int size() {
            return rows.length;
        }
    }
}
