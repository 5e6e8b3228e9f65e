package org.influxdb.impl;

import io.influxclient.Advice;
import io.influxclient.InfluxException;
import io.influxclient.InvalidPointException;
import io.influxclient.Outcome;
import io.influxclient.Resend;
import io.influxclient.WriteClass;
import io.influxclient.WriteException;
import io.influxclient.WriteInterruptedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBIOException;
import org.influxdb.Refusal;

/** Which exception of influxdb-java a failed write ends in. The typed exception is its cause, or that of its cause. */
final class WriteFailures {

    private WriteFailures() {}

    /** By the typed exception. */
    static InfluxDBException of(WriteException failure) {
        if (failure.status().isEmpty() && failure.serverMessage().isEmpty()) {
            switch (failure.writeClass()) {
                case UNREACHABLE:
                    String server = failure.endpoint().orElse("the server");
                    return io(
                            new ConnectException("Failed to connect to " + server + ": " + failure.getMessage()),
                            failure);
                case TIMEOUT:
                    return io(noAnswer(failure), failure);
                default:
                    break;
            }
        }
        String text = failure.serverMessage().orElse(failure.getMessage());
        return refusal(failure).exception(text, failure, isRetryWorth(failure));
    }

    private static IOException noAnswer(WriteException failure) {
        if (failure instanceof WriteInterruptedException) {
            return new InterruptedIOException(failure.getMessage());
        }
        boolean lost = "Disconnected".equals(failure.kind());
        return lost ? new IOException(failure.getMessage()) : new SocketTimeoutException(failure.getMessage());
    }

    private static InfluxDBException io(IOException asPrograms, WriteException failure) {
        asPrograms.initCause(failure);
        return new InfluxDBIOException(asPrograms);
    }

    private static Refusal refusal(WriteException failure) {
        // Without a default arm: the compiler's list of missing cases is what a new class shows up in.
        switch (failure.writeClass()) {
            case DEFERRED:
                return Refusal.HINTED_HANDOFF_QUEUE_NOT_EMPTY;
            case AUTH:
                return Refusal.AUTHORIZATION_FAILED;
            case NOT_FOUND:
                return "DatabaseNotFound".equals(failure.kind()) ? Refusal.DATABASE_NOT_FOUND : Refusal.OTHER;
            case MALFORMED:
                return Refusal.UNABLE_TO_PARSE;
            case TYPE_CONFLICT:
                return Refusal.FIELD_TYPE_CONFLICT;
            case OUTSIDE_RETENTION:
                return Refusal.POINTS_BEYOND_RETENTION_POLICY;
            case OVERLOADED:
                return "cache-full".equals(failure.details().get("cause"))
                        ? Refusal.CACHE_MAX_MEMORY_SIZE_EXCEEDED
                        : Refusal.OTHER;
            case OK:
            case UNREACHABLE:
            case TIMEOUT:
            case BELOW_LEVEL:
            case NO_REPLICA:
            case META_UNAVAILABLE:
            case REFUSED:
            case REJECTED:
            case LIMIT:
                return Refusal.OTHER;
        }
        throw new IllegalStateException("every class is above");
    }

    /**
     * Programs that wait and try again do well also where an operator has to mend something, and after an error of the
     * server that nobody knows: to give up would lose the points.
     */
    private static boolean isRetryWorth(WriteException failure) {
        Resend resend = failure.advice().resend();
        boolean unknownError = failure.writeClass() == WriteClass.REFUSED
                && failure.outcome() == Outcome.UNKNOWN
                && failure.status().orElse(0) >= 500;
        return resend == Resend.YES
                || isNoAnswerOfAServer(failure)
                || resend == Resend.AFTER_STAMP
                || failure.advice() == Advice.CALL_OPERATOR
                || unknownError;
    }

    /**
     * An answer that means nothing and that no server of InfluxDB gave, as each of those tells its version: a proxy,
     * say, has nobody to pass requests to while the server is started anew.
     */
    private static boolean isNoAnswerOfAServer(WriteException failure) {
        return "UnexpectedResponse".equals(failure.kind())
                && failure.status().isPresent()
                && failure.serverVersion().isEmpty();
    }

    /** By a failure that is not about what the server did. */
    static InfluxDBException ofOther(InfluxException failure) {
        Refusal refusal = failure instanceof InvalidPointException ? Refusal.UNABLE_TO_PARSE : Refusal.OTHER;
        return refusal.exception(failure.getMessage(), failure, false);
    }

    /**
     * By a reply that came another way than through the native client, which still reads it.
     *
     * @param open whether the points were sent before, too, and nobody knows what came of that
     */
    static InfluxDBException ofReply(Transport.Exchange reply, SmallBody body, LineWrite write, boolean open) {
        if (Legacy.isOn()) {
            return InfluxDBException.buildExceptionForErrorState(body.text());
        }
        return of(Replies.classify(reply, body, write, open));
    }

    /** Where no reply came another way than through the native client. */
    static InfluxDBException ofNoReply(IOException failure, boolean mayBeSent, LineWrite write) {
        if (Legacy.isOn()) {
            return new InfluxDBIOException(failure);
        }
        WriteException typed = Replies.none(failure, mayBeSent, write);
        Throwable last = failure;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        try {
            last.initCause(typed);
        } catch (IllegalStateException e) {
            failure.addSuppressed(typed);
        }
        return new InfluxDBIOException(failure);
    }
}
