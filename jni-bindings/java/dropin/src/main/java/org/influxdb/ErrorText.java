package org.influxdb;

import java.util.List;
import java.util.regex.Pattern;

/** Which exception a server's error text stands for. */
final class ErrorText {

    /** What the server puts before the reason: its own prefixes, the shard that failed, a quoted user name. */
    private static final Pattern PREFIX = Pattern.compile(
            "(?:write failed: |error code \\d+: (?:write|create) shard \\d+: |partial write:\\s|engine: "
                    + "|\"(?:[^\"\\\\]|\\\\.)*\" (?=user is ))*");

    /** What a text begins with behind the prefixes; the first row that fits decides. */
    private static final List<Row> ROWS = List.of(
            new Row("unable to parse authentication credentials", Refusal.AUTHORIZATION_FAILED, false),
            new Row("unable to parse Basic Auth credentials", Refusal.AUTHORIZATION_FAILED, false),
            new Row("unable to parse gzip", Refusal.OTHER, false),
            new Row("user is required to write to database", Refusal.AUTHORIZATION_FAILED, false),
            new Row("user is not authorized to write to database", Refusal.AUTHORIZATION_FAILED, false),
            new Row("authorization failed", Refusal.AUTHORIZATION_FAILED, false),
            new Row("authentication failed", Refusal.AUTHORIZATION_FAILED, false),
            new Row("username required", Refusal.AUTHORIZATION_FAILED, false),
            new Row("user not found", Refusal.AUTHORIZATION_FAILED, false),
            new Row("error authorizing query", Refusal.AUTHORIZATION_FAILED, false),
            new Row("bearer auth disabled", Refusal.AUTHORIZATION_FAILED, false),
            new Row("token ", Refusal.AUTHORIZATION_FAILED, false),
            new Row("Token is expired", Refusal.AUTHORIZATION_FAILED, false),
            new Row("signature is invalid", Refusal.AUTHORIZATION_FAILED, false),
            new Row("invalid token", Refusal.AUTHORIZATION_FAILED, false),
            new Row("username in token must be a string", Refusal.AUTHORIZATION_FAILED, false),
            new Row("problem authenticating token", Refusal.AUTHORIZATION_FAILED, false),
            new Row("unsupported authentication", Refusal.AUTHORIZATION_FAILED, false),
            new Row("database not found", Refusal.DATABASE_NOT_FOUND, false),
            new Row("database does not exist", Refusal.DATABASE_NOT_FOUND, false),
            new Row("points beyond retention policy", Refusal.POINTS_BEYOND_RETENTION_POLICY, false),
            new Row("field type conflict", Refusal.FIELD_TYPE_CONFLICT, false),
            new Row("unable to parse", Refusal.UNABLE_TO_PARSE, false),
            new Row("hinted handoff queue not empty", Refusal.HINTED_HANDOFF_QUEUE_NOT_EMPTY, false),
            new Row("cache-max-memory-size exceeded", Refusal.CACHE_MAX_MEMORY_SIZE_EXCEEDED, true),
            new Row("cache maximum memory size exceeded", Refusal.CACHE_MAX_MEMORY_SIZE_EXCEEDED, true),
            // No class of their own, and no retry will change the answer.
            new Row("max-values-per-tag limit exceeded", Refusal.OTHER, false),
            new Row("max-series-per-database limit exceeded", Refusal.OTHER, false),
            new Row("invalid tag key", Refusal.OTHER, false),
            new Row("invalid field name", Refusal.OTHER, false),
            new Row("key contains invalid unicode", Refusal.OTHER, false),
            new Row("invalid consistency level", Refusal.OTHER, false),
            new Row("invalid precision", Refusal.OTHER, false),
            new Row("retention policy not found", Refusal.OTHER, false),
            new Row("database is required", Refusal.OTHER, false),
            new Row("Request Entity Too Large", Refusal.OTHER, false),
            new Row("Method Not Allowed", Refusal.OTHER, false),
            new Row("404 page not found", Refusal.OTHER, false),
            new Row("error parsing query", Refusal.OTHER, false));

    /** How the retention refusal of 1.12 reads; the number of points stands inside. */
    private static final Pattern OUTSIDE_RETENTION =
            Pattern.compile("dropped \\d+ points outside retention policy", Pattern.DOTALL);

    /** The phrases influxdb-java looks for, in its order. */
    private static final List<Row> PHRASES = List.of(
            new Row("database not found", Refusal.DATABASE_NOT_FOUND, false),
            new Row("points beyond retention policy", Refusal.POINTS_BEYOND_RETENTION_POLICY, false),
            new Row("field type conflict", Refusal.FIELD_TYPE_CONFLICT, false),
            new Row("unable to parse", Refusal.UNABLE_TO_PARSE, false),
            new Row("hinted handoff queue not empty", Refusal.HINTED_HANDOFF_QUEUE_NOT_EMPTY, false),
            new Row("cache-max-memory-size exceeded", Refusal.CACHE_MAX_MEMORY_SIZE_EXCEEDED, true),
            new Row("user is required to write to database", Refusal.AUTHORIZATION_FAILED, false),
            new Row("user is not authorized to write to database", Refusal.AUTHORIZATION_FAILED, false),
            new Row("authorization failed", Refusal.AUTHORIZATION_FAILED, false),
            new Row("username required", Refusal.AUTHORIZATION_FAILED, false));

    private ErrorText() {}

    /** By what the text begins with, so that data the text quotes cannot decide. */
    static InfluxDBException atItsHead(final String text) {
        if (text == null) {
            return Refusal.OTHER.exception(null, null, true);
        }
        var prefix = PREFIX.matcher(text);
        String reason = prefix.lookingAt() ? text.substring(prefix.end()) : text;
        for (Row row : ROWS) {
            if (reason.startsWith(row.phrase)) {
                return row.exception(text);
            }
        }
        if (OUTSIDE_RETENTION.matcher(reason).lookingAt()) {
            return Refusal.POINTS_BEYOND_RETENTION_POLICY.exception(text, null, false);
        }
        return Refusal.OTHER.exception(text, null, true);
    }

    /** By the first known phrase wherever it stands, as influxdb-java has it. */
    static InfluxDBException anywhere(final String text) {
        if (text != null) {
            for (Row row : PHRASES) {
                if (text.contains(row.phrase)) {
                    return row.exception(text);
                }
            }
        }
        return Refusal.OTHER.exception(text, null, true);
    }

    /** A phrase and what it stands for. */
    private static final class Row {

        private final String phrase;
        private final Refusal refusal;
        private final boolean retryWorth;

        Row(final String phrase, final Refusal refusal, final boolean retryWorth) {
            this.phrase = phrase;
            this.refusal = refusal;
            this.retryWorth = retryWorth;
        }

        InfluxDBException exception(final String text) {
            return refusal.exception(text, null, retryWorth);
        }
    }
}
