package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.Outcome;
import io.influxclient.OverloadedException;
import io.influxclient.WriteException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDBException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replies that influxdb-java reads by searching them for a few words, each with the exception of influxdb-java that it
 * is now, whether a retry is worth it, and the typed exception and outcome behind it. Both ways to send read them
 * alike.
 */
class MisreadRepliesTest {

    private static final List<Arguments> REPLIES = List.of(
            reply(500, "timeout", "InfluxDBException", true, "WriteTimeoutException", "UNKNOWN"),
            reply(500, "partial write", "InfluxDBException", true, "ConsistencyNotMetException", "BELOW_LEVEL"),
            reply(500, "write failed", "InfluxDBException", true, "NoReplicaException", "UNKNOWN"),
            reply(
                    500,
                    "write failed: dial tcp 10.0.0.1:8088: connect: connection refused",
                    "InfluxDBException",
                    true,
                    "NoReplicaException",
                    "UNKNOWN"),
            reply(500, "write failed: queue is full", "InfluxDBException", true, "OverloadedException", "UNKNOWN"),
            reply(
                    500,
                    "write failed: hinted handoff disabled",
                    "InfluxDBException",
                    true,
                    "OverloadedException",
                    "UNKNOWN"),
            reply(
                    500,
                    "write failed: hinted handoff queue not empty",
                    "HintedHandOffQueueNotEmptyException",
                    false,
                    "HintedHandoffDeferredException",
                    "DEFERRED"),
            reply(
                    500,
                    "meta service returned 503 Service Unavailable",
                    "InfluxDBException",
                    true,
                    "MetaUnavailableException",
                    "NOT_STORED"),
            reply(500, "meta service unavailable", "InfluxDBException", true, "MetaUnavailableException", "NOT_STORED"),
            reply(
                    400,
                    "partial write: max-values-per-tag limit exceeded (1/1): measurement=\"m\""
                            + " tag=\"h\" value=\"b\" dropped=1",
                    "InfluxDBException",
                    false,
                    "LimitException",
                    "PARTLY_STORED"),
            reply(
                    400,
                    "partial write: max-series-per-database limit exceeded: (1) dropped=1",
                    "InfluxDBException",
                    false,
                    "LimitException",
                    "PARTLY_STORED"),
            reply(
                    400,
                    "partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid dropped=1",
                    "InfluxDBException",
                    false,
                    "RejectedException",
                    "PARTLY_STORED"),
            reply(413, "Request Entity Too Large", "InfluxDBException", false, "LimitException", "NOT_STORED"),
            reply(400, "invalid consistency level", "InfluxDBException", false, "RefusedException", "NOT_STORED"),
            reply(500, "retention policy not found: zz", "InfluxDBException", false, "NotFoundException", "NOT_STORED"),
            reply(
                    404,
                    "database not found: \"db\"",
                    "DatabaseNotFoundException",
                    false,
                    "NotFoundException",
                    "NOT_STORED"),
            reply(
                    400,
                    "partial write: field type conflict: input field \"v\" on measurement \"m\" is type float,"
                            + " already exists as type integer dropped=1",
                    "FieldTypeConflictException",
                    false,
                    "FieldTypeConflictException",
                    "PARTLY_STORED"),
            reply(
                    500,
                    "write failed: error code 1: write shard 4: partial write: field type conflict: input field \"v\""
                            + " on measurement \"m\" is type float, already exists as type integer dropped=1",
                    "FieldTypeConflictException",
                    false,
                    "FieldTypeConflictException",
                    "PARTLY_STORED"),
            reply(
                    400,
                    "partial write: points beyond retention policy dropped=1",
                    "PointsBeyondRetentionPolicyException",
                    false,
                    "OutsideRetentionException",
                    "PARTLY_STORED"),
            reply(
                    400,
                    "unable to parse 'log msg=\"database not found\",v=': missing field value",
                    "UnableToParseException",
                    false,
                    "MalformedException",
                    "NOT_STORED"),
            reply(
                    400,
                    "partial write: field type conflict: input field \"v\" on measurement \"points"
                            + " beyond retention policy\""
                            + " is type float, already exists as type integer dropped=1",
                    "FieldTypeConflictException",
                    false,
                    "FieldTypeConflictException",
                    "PARTLY_STORED"),
            reply(
                    401,
                    "unable to parse authentication credentials",
                    "AuthorizationFailedException",
                    false,
                    "AuthException",
                    "NOT_STORED"),
            reply(401, "authorization failed", "AuthorizationFailedException", false, "AuthException", "NOT_STORED"),
            reply(
                    403,
                    "\"bob\" user is not authorized to write to database \"db\"",
                    "AuthorizationFailedException",
                    false,
                    "AuthException",
                    "NOT_STORED"),
            reply(
                    500,
                    "engine: cache-max-memory-size exceeded: (26214410/26214400)",
                    "CacheMaxMemorySizeExceededException",
                    true,
                    "OverloadedException",
                    "UNKNOWN"),
            reply(500, "what nobody has seen", "InfluxDBException", true, "RefusedException", "UNKNOWN"),
            reply(400, "what nobody has seen", "InfluxDBException", false, "RefusedException", "NOT_STORED"));

    private static CannedServer server;

    private static Arguments reply(
            int status, String text, String type, boolean retryWorth, String cause, String outcome) {
        return Arguments.of(status, text, type, retryWorth, cause, outcome);
    }

    @BeforeAll
    static void start() throws IOException {
        server = new CannedServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> replies() {
        return REPLIES.stream();
    }

    @ParameterizedTest
    @MethodSource("replies")
    void throughTheNativeClient(
            int status, String text, String type, boolean retryWorth, String cause, String outcome) {
        check(false, status, text, type, retryWorth, cause, outcome);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void throughOkHttp(int status, String text, String type, boolean retryWorth, String cause, String outcome) {
        check(true, status, text, type, retryWorth, cause, outcome);
    }

    private static void check(
            boolean intercepted,
            int status,
            String text,
            String type,
            boolean retryWorth,
            String cause,
            String outcome) {
        server.answer(request -> CannedServer.Reply.error(status, text));
        try (InfluxDB client = server.client(intercepted)) {
            InfluxDBException failure = assertThrows(
                    InfluxDBException.class, () -> client.write("db", "rp", ConsistencyLevel.QUORUM, "m,h=b v=1 1"));
            WriteException typed = (WriteException) failure.getCause();
            assertEquals(
                    type + " " + retryWorth + " " + cause + " " + outcome,
                    failure.getClass().getSimpleName() + " " + failure.isRetryWorth() + " "
                            + typed.getClass().getSimpleName() + " " + typed.outcome());
            assertEquals(text, failure.getMessage());
            assertEquals(status, typed.status().orElseThrow());
            assertEquals("request-7", typed.requestId().orElseThrow());
            assertEquals("1.8.10", typed.serverVersion().orElseThrow());
            assertEquals(io.influxclient.ConsistencyLevel.QUORUM, typed.consistency());
            assertEquals(1, typed.tally().total());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 302, 400, 404, 405, 409, 415, 499})
    void whatNoServerSaidMayPass(int status) {
        for (boolean intercepted : List.of(false, true)) {
            try (InfluxDB client = server.client(intercepted)) {
                server.answer(request -> CannedServer.Reply.ofProxy(status, "<html>default backend</html>"));
                InfluxDBException ofProxy = assertThrows(InfluxDBException.class, () -> client.write("m v=1 1"));
                server.answer(status, "<html>default backend</html>");
                InfluxDBException ofServer = assertThrows(InfluxDBException.class, () -> client.write("m v=1 1"));
                assertEquals(
                        List.of(true, false),
                        List.of(ofProxy.isRetryWorth(), ofServer.isRetryWorth()),
                        "intercepted: " + intercepted);
                assertEquals(
                        status == 200 ? Outcome.UNKNOWN : Outcome.NOT_STORED,
                        ((WriteException) ofProxy.getCause()).outcome());
            }
        }
    }

    @Test
    void whatIsKnownNeedsNoVersion() {
        server.answer(request ->
                CannedServer.Reply.ofProxy(400, "{\"error\":\"unable to parse 'm v=': missing field value\"}"));
        try (InfluxDB client = server.client(false)) {
            assertFalse(assertThrows(InfluxDBException.class, () -> client.write("m v=1 1"))
                    .isRetryWorth());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aThrottleAnswersInPlainText(boolean intercepted) {
        server.answer(503, "request throttled, queue full");
        try (InfluxDB client = server.client(intercepted)) {
            InfluxDBException failure = assertThrows(InfluxDBException.class, () -> client.write("m v=1 1"));
            OverloadedException typed = assertInstanceOf(OverloadedException.class, failure.getCause());
            assertEquals(Outcome.NOT_STORED, typed.outcome());
            assertEquals("request throttled, queue full", failure.getMessage());
            assertTrue(failure.isRetryWorth());
        }
    }
}
