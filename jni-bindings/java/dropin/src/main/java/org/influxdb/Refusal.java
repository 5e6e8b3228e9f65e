package org.influxdb;

/**
 * The classes of exception that a refused request can end in, for the code that talks to the server.
 *
 * <p>Not part of influxdb-java's API: there the classes are chosen by searching the server's text.
 */
public enum Refusal {

    /** {@link InfluxDBException.DatabaseNotFoundException}. */
    DATABASE_NOT_FOUND,
    /** {@link InfluxDBException.PointsBeyondRetentionPolicyException}. */
    POINTS_BEYOND_RETENTION_POLICY,
    /** {@link InfluxDBException.FieldTypeConflictException}. */
    FIELD_TYPE_CONFLICT,
    /** {@link InfluxDBException.UnableToParseException}. */
    UNABLE_TO_PARSE,
    /** {@link InfluxDBException.HintedHandOffQueueNotEmptyException}. */
    HINTED_HANDOFF_QUEUE_NOT_EMPTY,
    /** {@link InfluxDBException.CacheMaxMemorySizeExceededException}. */
    CACHE_MAX_MEMORY_SIZE_EXCEEDED,
    /** {@link InfluxDBException.AuthorizationFailedException}. */
    AUTHORIZATION_FAILED,
    /** {@link InfluxDBException.RetryBufferOverrunException}. */
    RETRY_BUFFER_OVERRUN,
    /** {@link InfluxDBException} itself. */
    OTHER;

    /**
     * An exception of this class.
     *
     * @param message what the server said, or what the client has to say
     * @param cause the typed exception behind it, or {@code null}
     * @param retryWorth what {@link InfluxDBException#isRetryWorth()} is to answer
     * @return the exception
     */
    public InfluxDBException exception(final String message, final Throwable cause, final boolean retryWorth) {
        switch (this) {
            case DATABASE_NOT_FOUND:
                return new InfluxDBException.DatabaseNotFoundException(message, cause, retryWorth);
            case POINTS_BEYOND_RETENTION_POLICY:
                return new InfluxDBException.PointsBeyondRetentionPolicyException(message, cause, retryWorth);
            case FIELD_TYPE_CONFLICT:
                return new InfluxDBException.FieldTypeConflictException(message, cause, retryWorth);
            case UNABLE_TO_PARSE:
                return new InfluxDBException.UnableToParseException(message, cause, retryWorth);
            case HINTED_HANDOFF_QUEUE_NOT_EMPTY:
                return new InfluxDBException.HintedHandOffQueueNotEmptyException(message, cause, retryWorth);
            case CACHE_MAX_MEMORY_SIZE_EXCEEDED:
                return new InfluxDBException.CacheMaxMemorySizeExceededException(message, cause, retryWorth);
            case AUTHORIZATION_FAILED:
                return new InfluxDBException.AuthorizationFailedException(message, cause, retryWorth);
            case RETRY_BUFFER_OVERRUN:
                return new InfluxDBException.RetryBufferOverrunException(message, cause, retryWorth);
            case OTHER:
                return new InfluxDBException(message, cause, retryWorth);
            default:
                throw new AssertionError(this);
        }
    }
}
