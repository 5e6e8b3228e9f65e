package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The answer to a query: one result for each statement. Immutable. */
public final class QueryResult {

    private final String endpoint;
    private final String serverVersion;
    private final String requestId;
    private final List<StatementResult> statements;

    QueryResult(FrameReader frame, Precision precision) {
        endpoint = frame.text();
        serverVersion = frame.text();
        requestId = frame.text();
        statements = frame.list(() -> new StatementResult(frame, precision));
    }

    /**
     * Who answered.
     *
     * @return an address without user and password
     */
    public String endpoint() {
        return endpoint;
    }

    /**
     * The version that answered.
     *
     * @return the version as the server spells it, if it told one
     */
    public Optional<String> serverVersion() {
        return Optional.ofNullable(serverVersion);
    }

    /**
     * The id under which the server logged the request.
     *
     * @return the id, if the server told it
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }

    /**
     * The results, in order. A server may leave some out after one failed.
     *
     * @return a list that cannot be changed
     */
    public List<StatementResult> statements() {
        return statements;
    }

    /**
     * The series of all statements.
     *
     * @return a list that cannot be changed
     */
    public List<Series> series() {
        return statements.stream().flatMap(result -> result.series().stream()).collect(Collectors.toUnmodifiableList());
    }

    /**
     * The rows of all series.
     *
     * @return a list that cannot be changed
     */
    public List<Row> rows() {
        return statements.stream()
                .flatMap(result -> result.series().stream())
                .flatMap(series -> series.rows().stream())
                .collect(Collectors.toUnmodifiableList());
    }

    /** Itself, if every statement succeeded and gave all of its rows. */
    QueryResult checked() {
        for (StatementResult result : statements) {
            if (result.failure().isPresent()) {
                throw result.failure().get().with(this);
            }
        }
        return this;
    }

    @Override
    public String toString() {
        return statements.size() + " results by " + endpoint;
    }
}
