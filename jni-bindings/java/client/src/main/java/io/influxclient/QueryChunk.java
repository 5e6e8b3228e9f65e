package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.List;

/** A piece of the answer to a statement: at most as many rows as the query asked for at a time. Immutable. */
public final class QueryChunk {

    private final long statement;
    private final List<Series> series;
    private final List<StatementResult.Message> messages;

    QueryChunk(FrameReader frame, Precision precision) {
        statement = frame.i64();
        series = frame.list(() -> new Series(frame, precision));
        messages = frame.list(() -> new StatementResult.Message(frame));
    }

    /**
     * The place of the statement in the query.
     *
     * @return a number from 0
     */
    public long statement() {
        return statement;
    }

    /**
     * The rows, by series. The next chunk may go on with the last series.
     *
     * @return a list that cannot be changed
     */
    public List<Series> series() {
        return series;
    }

    /**
     * Remarks of the server.
     *
     * @return a list that cannot be changed
     */
    public List<StatementResult.Message> messages() {
        return messages;
    }

    @Override
    public String toString() {
        return "statement " + statement + ": " + series;
    }
}
