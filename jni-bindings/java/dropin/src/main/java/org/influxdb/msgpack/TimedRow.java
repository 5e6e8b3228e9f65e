package org.influxdb.msgpack;

import java.time.Instant;
import java.util.ArrayList;
import org.influxdb.impl.ExactValues;

/**
 * A row that came with a time of its own kind, no number of which one has to know the unit. Programs find it as a
 * number of nanoseconds in the row.
 */
final class TimedRow extends ArrayList<Object> implements ExactValues {

    private static final long serialVersionUID = 1L;

    private static final long NANOS = 1_000_000_000L;

    private int column = -1;
    private Instant time;

    TimedRow(int columns) {
        super(columns);
    }

    /** Adds the row's time. */
    void addTime(long seconds, int nanos) {
        column = size();
        time = Instant.ofEpochSecond(seconds, nanos);
        add(seconds * NANOS + nanos);
    }

    /** The time, unless another value was set in its place; of other columns their values. */
    @Override
    public Object exact(int asked) {
        Object value = get(asked);
        boolean same = asked == column && value.equals(time.getEpochSecond() * NANOS + time.getNano());
        return same ? time : value;
    }
}
