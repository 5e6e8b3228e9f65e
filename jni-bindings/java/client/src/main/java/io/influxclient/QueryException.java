package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A query that failed, as a whole or with one of its statements, or an answer that does not fit what is read from it.
 */
public final class QueryException extends InfluxException {

    private static final long serialVersionUID = 1L;

    private final WriteClass errorClass;
    private final String kind;
    private final String endpoint;
    private final int status;
    private final long statement;
    private final String serverMessage;
    private final transient QueryResult result;

    QueryException(FrameReader frame) {
        this(
                WriteClass.of(frame.text()),
                frame.text(),
                frame.text(),
                frame.i32(),
                frame.i64(),
                frame.text(),
                frame.text(),
                null);
    }

    private QueryException(
            WriteClass errorClass,
            String kind,
            String endpoint,
            int status,
            long statement,
            String serverMessage,
            String text,
            QueryResult result) {
        super(text);
        this.errorClass = errorClass;
        this.kind = kind;
        this.endpoint = endpoint;
        this.status = status;
        this.statement = statement;
        this.serverMessage = serverMessage;
        this.result = result;
    }

    static QueryException row(String text) {
        return new QueryException(WriteClass.REFUSED, "Row", null, -1, -1, null, text, null);
    }

    static QueryException interrupted() {
        return new QueryException(
                WriteClass.TIMEOUT,
                "Interrupted",
                null,
                -1,
                -1,
                null,
                "the query was ended before its answer came; what it was to change may be changed",
                null);
    }

    /** With the answer of which one statement failed, and the stack of the thread that asked. */
    QueryException with(QueryResult answer) {
        return new QueryException(errorClass, kind, endpoint, status, statement, serverMessage, getMessage(), answer);
    }

    /**
     * The class of what went wrong: what to decide by.
     *
     * @return a class that queries can have as well as writes
     */
    public WriteClass errorClass() {
        return errorClass;
    }

    /**
     * What went wrong.
     *
     * @return {@code Unreachable}: the server has not seen the query. {@code NoAnswer}: no complete answer came.
     *     {@code Refused}: the server refused all of it. {@code Statement}: one statement failed. {@code Truncated}:
     *     the server left rows out. {@code AnswerTooLarge}: see {@link InfluxClientBuilder#answerLimit}.
     *     {@code Unexpected}: the answer is none that this client knows. {@code Row}: a value does not fit.
     *     {@code Interrupted}: the call was given up
     */
    public String kind() {
        return kind;
    }

    /**
     * Who was asked last.
     *
     * @return an address without user and password
     */
    public Optional<String> endpoint() {
        return Optional.ofNullable(endpoint);
    }

    /**
     * The HTTP status of the answer.
     *
     * @return the status, where the whole query was refused
     */
    public OptionalInt status() {
        return WriteFailure.optional(status);
    }

    /**
     * The place of the statement that failed.
     *
     * @return a number from 0, where one statement failed
     */
    public OptionalLong statement() {
        return statement < 0 ? OptionalLong.empty() : OptionalLong.of(statement);
    }

    /**
     * The server's words. They may hold parts of the query.
     *
     * @return the message, if there was one
     */
    public Optional<String> serverMessage() {
        return Optional.ofNullable(serverMessage);
    }

    /**
     * The answer, where only a statement of it failed: the results of the others are in it.
     *
     * @return the answer
     */
    public Optional<QueryResult> result() {
        return Optional.ofNullable(result);
    }
}
