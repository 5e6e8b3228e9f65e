package io.influxclient;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Closes a client while two writers hold points: in a JVM of its own, whose heap is the test's matter. */
final class SmallHeap {

    private static final int PUSHES = 40;

    private SmallHeap() {}

    /** Prints what the close threw and what is known afterwards. */
    public static void main(String[] arguments) {
        CountDownLatch free = new CountDownLatch(1);
        try (RawServer server = new RawServer(request -> WriteTest.waitFor(free))) {
            InfluxClient client = server.client().build();
            // Nothing is sent before the end.
            BatchWriterBuilder settings = client.batchWriter()
                    .linger(Duration.ofHours(1))
                    .maxBytes(1 << 30)
                    .maxPoints(1 << 30)
                    .memory(256 << 20)
                    .closeLimit(Duration.ZERO);
            BatchWriter large = settings.start();
            BatchWriter small = settings.start();
            try (PointBatch batch = PointBatch.create()) {
                String text = "x".repeat(1000);
                for (int i = 0; i < PUSHES; i++) {
                    batch.clear();
                    for (int k = 0; k < 1000; k++) {
                        batch.point("m").field("f", text).at(1000 * i + k);
                    }
                    large.push(batch);
                }
                batch.clear();
                batch.point("m").field("f", 1).at(1);
                small.push(batch);
            }
            try {
                client.close();
                System.out.println("closed");
            } catch (InfluxException | OutOfMemoryError e) {
                tell(e);
                for (Throwable other : e.getSuppressed()) {
                    tell(other);
                }
            }
            System.out.println("accepted " + large.totals().accepted() + " and "
                    + small.totals().accepted());
            try {
                client.endpoints();
                System.out.println("open");
            } catch (IllegalStateException e) {
                System.out.println("the client is closed");
            }
            free.countDown();
        }
    }

    private static void tell(Throwable thrown) {
        System.out.println("thrown: " + thrown.getClass().getSimpleName());
        if (thrown instanceof UnsettledPointsException) {
            WriterClosed closed = ((UnsettledPointsException) thrown).closed().orElseThrow();
            long points = 0;
            for (WriterClosed.Leftover left : closed.unsent()) {
                points += left.points();
            }
            for (WriterClosed.Leftover left : closed.interrupted()) {
                points += left.points();
            }
            System.out.println("handed back " + points);
        }
    }
}
