package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What came of one statement. It may have both rows and an error, if it failed on the way. Immutable. */
public final class StatementResult {

    private final long statement;
    private final List<Series> series;
    private final List<Message> messages;
    private final String error;
    private final boolean truncated;
    private final QueryException failure;

    StatementResult(FrameReader frame, Precision precision) {
        statement = frame.i64();
        series = frame.list(() -> new Series(frame, precision));
        messages = frame.list(() -> new Message(frame));
        error = frame.text();
        truncated = frame.bool();
        failure = frame.bool() ? new QueryException(frame) : null;
    }

    /**
     * The number that the server gives the statement.
     *
     * @return a number from 0; servers of version 0.10 give none
     */
    public OptionalLong statement() {
        return statement < 0 ? OptionalLong.empty() : OptionalLong.of(statement);
    }

    /**
     * The rows, by series.
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
    public List<Message> messages() {
        return messages;
    }

    /**
     * The server's words, if the statement failed.
     *
     * @return the error
     */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /**
     * Whether the server left rows out, because of its limit on rows. Ask in chunks to get all.
     *
     * @return whether rows are missing
     */
    public boolean isTruncated() {
        return truncated;
    }

    /**
     * The error as an exception, which tells its class.
     *
     * @return the exception, if the statement failed or rows are missing
     */
    public Optional<QueryException> failure() {
        return Optional.ofNullable(failure);
    }

    /** A remark of the server about a statement. */
    public static final class Message {

        private final String level;
        private final String text;

        Message(FrameReader frame) {
            level = frame.text();
            text = frame.text();
        }

        /**
         * How serious it is.
         *
         * @return a word such as {@code warning}
         */
        public String level() {
            return level;
        }

        /**
         * The words.
         *
         * @return the remark
         */
        public String text() {
            return text;
        }

        @Override
        public String toString() {
            return level + ": " + text;
        }
    }
}
