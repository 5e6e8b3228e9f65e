package org.influxdb;

import java.io.InputStream;

/**
 * What went wrong between the application and the server.
 *
 * <p>This class itself stands for every refusal that has no class of its own among the nested ones.
 * Where the client knows more than a text, {@link #getCause()} is the typed exception of
 * {@code io.influxclient}: status, request id, outcome, the lines refused. Exceptions of this
 * package are immutable but for what {@link Throwable} itself allows, and safe to hand to other
 * threads.
 */
public class InfluxDBException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Whether the same points may be accepted later. */
    private final boolean retryWorth;

    /**
     * An exception worth a retry, with a text only.
     *
     * @param message what happened
     */
    public InfluxDBException(final String message) {
        super(message);
        this.retryWorth = true;
    }

    /**
     * An exception worth a retry.
     *
     * @param message what happened
     * @param cause what led to it
     */
    public InfluxDBException(final String message, final Throwable cause) {
        super(message, cause);
        this.retryWorth = true;
    }

    /**
     * An exception worth a retry, with the text of its cause.
     *
     * @param cause what led to it
     */
    public InfluxDBException(final Throwable cause) {
        super(cause);
        this.retryWorth = true;
    }

    /**
     * An exception that knows what a retry is worth.
     *
     * @param message what happened
     * @param cause what led to it, or {@code null}; a {@code null} can be filled in once by {@link #initCause}
     * @param retryWorth whether the same points may be accepted later
     */
    InfluxDBException(final String message, final Throwable cause, final boolean retryWorth) {
        super(message);
        if (cause != null) {
            initCause(cause);
        }
        this.retryWorth = retryWorth;
    }

    /**
     * Whether a batch that failed with this exception may be accepted when it is written again.
     *
     * @return {@code true} when a retry may succeed, {@code false} when the same refusal must be expected
     */
    public boolean isRetryWorth() {
        return retryWorth;
    }

    /**
     * The exception for the body of an error reply in JSON, or in plain text.
     *
     * <p>What decides is the beginning of the server's text, behind its own prefixes such as
     * {@code partial write:}; what the text quotes of the application's data decides nothing. With
     * the system property {@code influxdb-java.legacy} set to {@code true} it is influxdb-java's
     * rule: the first known phrase anywhere in the text.
     *
     * @param errorBody the body; a JSON object with a member {@code error}, or any other text
     * @return the exception, never {@code null}; its message is the {@code error} member or else the body
     */
    public static InfluxDBException buildExceptionForErrorState(final String errorBody) {
        return ErrorBody.ofText(errorBody);
    }

    /**
     * The exception for the body of an error reply in MessagePack.
     *
     * <p>A body that is no MessagePack map with an {@code error} is read as text: a proxy, or the
     * server's own throttle, answers in text whatever format was asked for.
     *
     * @param messagePackErrorBody the body, read to its end and not closed
     * @return the exception, never {@code null}; one that wraps the failure if the body cannot be read
     */
    public static InfluxDBException buildExceptionForErrorState(final InputStream messagePackErrorBody) {
        return ErrorBody.ofMessagePack(messagePackErrorBody);
    }

    /** The database does not exist on the node that was asked. */
    public static final class DatabaseNotFoundException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        DatabaseNotFoundException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** Points are older than the retention policy keeps. */
    public static final class PointsBeyondRetentionPolicyException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        PointsBeyondRetentionPolicyException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** A field has another type than the one stored before. */
    public static final class FieldTypeConflictException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        FieldTypeConflictException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** The server could not read a line. */
    public static final class UnableToParseException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        UnableToParseException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** Points wait in the hinted-handoff queue of a cluster node, and these were queued behind them. */
    public static final class HintedHandOffQueueNotEmptyException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        HintedHandOffQueueNotEmptyException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** The server's write cache is full; a later write may be accepted. */
    public static final class CacheMaxMemorySizeExceededException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        CacheMaxMemorySizeExceededException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** Points were dropped because the retry buffer was full. */
    public static final class RetryBufferOverrunException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        /**
         * An exception with a text.
         *
         * @param message what was dropped
         */
        public RetryBufferOverrunException(final String message) {
            this(message, null, false);
        }

        RetryBufferOverrunException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }

    /** The user is unknown, its password is wrong, or it may not do what was asked. */
    public static final class AuthorizationFailedException extends InfluxDBException {

        private static final long serialVersionUID = 1L;

        /**
         * An exception with a text.
         *
         * @param message what the server said
         */
        public AuthorizationFailedException(final String message) {
            this(message, null, false);
        }

        AuthorizationFailedException(final String message, final Throwable cause, final boolean retryWorth) {
            super(message, cause, retryWorth);
        }

        @Override
        public boolean isRetryWorth() {
            return super.isRetryWorth();
        }
    }
}
