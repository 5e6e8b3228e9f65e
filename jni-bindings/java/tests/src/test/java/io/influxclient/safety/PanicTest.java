package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.InfluxClientBuilder;
import io.influxclient.InternalException;
import io.influxclient.PointBatch;
import io.influxclient.WriteResult;
import io.influxclient.internal.Access;
import io.influxclient.internal.NativeClient;
import io.influxclient.internal.Provoked;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A panic of native code is an exception, spoils the client that it happened in, and nothing else. */
public class PanicTest {

    private static final int IN_THE_METHOD = 0;
    private static final int IN_THE_CALL = 1;

    private static InfluxClient provocable(Server server) throws Exception {
        InfluxClientBuilder builder = server.client();
        Method mayProvoke = InfluxClientBuilder.class.getDeclaredMethod("mayProvoke");
        mayProvoke.setAccessible(true);
        mayProvoke.invoke(builder);
        return builder.build();
    }

    private static void provoke(InfluxClient client, int where) throws Exception {
        NativeClient nativeClient = Access.get().nativeClient(client);
        String said = Provoked.panic(nativeClient, where);
        assertTrue(said.contains("provoked"), said);
    }

    @ParameterizedTest
    @ValueSource(ints = {IN_THE_METHOD, IN_THE_CALL})
    void aPanicPoisonsItsClientAlone(int where) throws Exception {
        try (Server server = Server.storing();
                InfluxClient other = server.client().build();
                PointBatch batch = PointBatch.create()) {
            batch.point("m").field("v", 1L).at(1);
            InfluxClient client = provocable(server);
            BatchWriter writer = client.batchWriter().start();
            writer.push(batch);
            server.holdAnswers();
            CompletableFuture<WriteResult> underWay = client.writeAsync(batch);
            Server.until("the request", () -> server.requests() > 0);
            provoke(client, where);
            // What was under way ends by itself.
            server.release();
            assertEquals(1, underWay.get(20, TimeUnit.SECONDS).points());
            for (int i = 0; i < 3; i++) {
                assertThrows(InternalException.class, () -> client.write(batch));
                assertThrows(InternalException.class, () -> client.writeAsync(batch));
                assertThrows(InternalException.class, () -> client.query("SHOW DATABASES"));
                assertThrows(InternalException.class, () -> client.batchWriter().start());
                assertThrows(InternalException.class, () -> writer.push(batch));
                assertEquals(1, other.write(batch).points(), "another client goes on");
            }
            assertEquals(1, writer.close(java.time.Duration.ofSeconds(20)).acknowledged());
            client.close();
            client.close();
            // The buffer is not in use by any of the refused calls.
            batch.clear();
        }
    }

    @Test
    void hundredsOfPanicsDoNoHarm() throws Exception {
        try (Server server = Server.storing()) {
            for (int i = 0; i < 300; i++) {
                try (InfluxClient client = provocable(server)) {
                    provoke(client, i % 2);
                }
            }
        }
    }

    @Test
    void anOrdinaryClientDoesNotPanicOnDemand() {
        try (Server server = Server.storing();
                InfluxClient client = server.client().build()) {
            NativeClient nativeClient = Access.get().nativeClient(client);
            assertThrows(UnsupportedOperationException.class, () -> Provoked.panic(nativeClient, IN_THE_METHOD));
        }
    }
}
