package io.influxclient.safety;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.RetryDecision;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM ends when it wants to, with its own exit code, whatever a client is doing. */
class ExitTest {

    /** How long a JVM may take from its start to its end, on a busy machine. */
    private static final int SECONDS = 30;

    private enum Way {
        /** {@code main} returns; clients are open, and writes and a writer wait for answers that never come. */
        UNCLOSED(0),
        /** {@code main} throws. */
        UNCAUGHT(1),
        EXIT_IN_MAIN(7),
        EXIT_IN_POLICY(8),
        EXIT_IN_POLICY_OF_FUTURE(8),
        EXIT_IN_LISTENER(9),
        EXIT_IN_CONTINUATION(10),
        EXIT_IN_DELIVERY(11),
        /** Without shutdown hooks. */
        HALT_WITH_WRITE_IN_FLIGHT(12);

        final int code;

        Way(int code) {
            this.code = code;
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void theJvmEndsWithItsOwnCode(Way way) {
        Forked.jvm().within(SECONDS).run(way.code, Main.class, way.name());
    }

    /** In a hook everything still works: that is where programs flush. */
    @Test
    void aShutdownHookMayWriteFlushAndClose() {
        String output = Forked.jvm().within(SECONDS).run(3, Hook.class);
        assertTrue(output.contains("hook: 1 1 closed"), output);
    }

    /** Each way out. */
    static final class Main {

        private Main() {}

        private static PointBatch point() {
            PointBatch batch = PointBatch.create();
            batch.point("m").field("v", 1L).at(1);
            return batch;
        }

        /** An exit that is not on the way out already would wait for itself. */
        private static RetryDecision exit(int code) {
            System.exit(code);
            return RetryDecision.giveUp();
        }

        public static void main(String[] arguments) {
            Way way = Way.valueOf(arguments[0]);
            Server server = new Server(body -> Server.error(503, "timeout"));
            switch (way) {
                case UNCLOSED:
                case HALT_WITH_WRITE_IN_FLIGHT:
                    server.holdAnswers();
                    InfluxClient client = server.client().build();
                    client.writeAsync(point());
                    Server.daemon(() -> client.write(point()));
                    BatchWriter writer = client.batchWriter()
                            .linger(Duration.ZERO)
                            .listener(report -> {})
                            .start();
                    writer.pushTracked(point());
                    Server.until("the requests", () -> server.requests() == 3);
                    if (way == Way.HALT_WITH_WRITE_IN_FLIGHT) {
                        Runtime.getRuntime().halt(way.code);
                    }
                    return;
                case UNCAUGHT:
                    server.client().build().write(point());
                    return;
                case EXIT_IN_MAIN:
                    server.holdAnswers();
                    server.client().build().writeAsync(point());
                    exit(way.code);
                    return;
                case EXIT_IN_POLICY:
                    server.client().retry(failed -> exit(way.code)).build().write(point());
                    throw new AssertionError("not reached");
                case EXIT_IN_POLICY_OF_FUTURE:
                    server.client()
                            .retry(failed -> exit(way.code))
                            .build()
                            .writeAsync(point())
                            .join();
                    throw new AssertionError("not reached");
                case EXIT_IN_LISTENER:
                    BatchWriter reporting = server.client()
                            .deadline(Duration.ofMillis(100))
                            .build()
                            .batchWriter()
                            .linger(Duration.ZERO)
                            .listener(report -> exit(way.code))
                            .start();
                    reporting.push(point());
                    hang();
                    return;
                case EXIT_IN_CONTINUATION:
                    server.client().build().writeAsync(point()).whenComplete((result, thrown) -> exit(way.code));
                    hang();
                    return;
                case EXIT_IN_DELIVERY:
                    // On the thread that delivers completions.
                    server.client()
                            .executor(Runnable::run)
                            .build()
                            .writeAsync(point())
                            .whenComplete((result, thrown) -> exit(way.code));
                    hang();
            }
        }

        /** Until the JVM ends. */
        private static void hang() {
            Object never = new Object();
            synchronized (never) {
                while (true) {
                    try {
                        never.wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            }
        }
    }

    /** A client in a shutdown hook. */
    static final class Hook {

        private Hook() {}

        public static void main(String[] arguments) {
            Server server = Server.storing();
            InfluxClient client = server.client().build();
            BatchWriter writer =
                    client.batchWriter().linger(Duration.ofHours(1)).start();
            writer.pushLines("m v=1 1");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try (PointBatch batch = Main.point()) {
                    long sync = client.write(batch).points();
                    long async = client.writeAsync(batch).join().points();
                    writer.flush();
                    client.close();
                    // A new client after the beginning of the end.
                    try (InfluxClient other = server.client().build()) {
                        other.write(batch);
                    }
                    System.out.println("hook: " + sync + " " + async + (server.requests() == 4 ? " closed" : " lost"));
                }
            }));
            System.exit(3);
        }
    }
}
