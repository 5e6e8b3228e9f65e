package io.influxclient.benchmarks;

import io.influxclient.PointBatch;
import io.questdb.client.Sender;
import java.util.concurrent.TimeUnit;
import org.influxdb.dto.BatchPoints;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** From values in hand to bytes that can be sent: time and memory for one point. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EncodeBenchmark {
    static final int POINTS = 1_000;

    private Reading[] readings;
    private Sender sender;
    private PointBatch batch;

    /** Makes the readings and what the clients keep between batches. */
    @Setup(Level.Trial)
    public void setUp() {
        readings = Reading.several(POINTS);
        batch = PointBatch.create();
        // Nothing is sent: the port is never asked. The buffer takes a whole batch.
        sender = Sender.fromConfig(
                "http::addr=127.0.0.1:1;protocol_version=1;auto_flush=off;init_buf_size=1048576;max_buf_size=8388608;");
    }

    /** Gives back what the clients kept. */
    @TearDown(Level.Trial)
    public void tearDown() {
        sender.reset();
        sender.close();
        batch.close();
    }

    /**
     * This client: rows in a buffer that the native library reads. Line protocol is made of them later, on another thread.
     *
     * @return the batch with the rows
     */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public PointBatch influxClientRows() {
        batch.clear();
        for (Reading reading : readings) {
            put(batch, reading);
        }
        return batch;
    }

    static void put(PointBatch batch, Reading reading) {
        batch.point(Reading.MEASUREMENT)
                .tag("host", reading.host)
                .tag("region", reading.region)
                .tag("rack", reading.rack)
                .field("usage_user", reading.user)
                .field("usage_system", reading.system)
                .field("usage_idle", reading.idle)
                .field("interrupts", reading.interrupts)
                .at(reading.time);
    }

    /**
     * influxdb-java: points, a batch of them, its text.
     *
     * @return the text
     */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public String influxdbJava() {
        BatchPoints.Builder batch = BatchPoints.database("benchmark");
        for (Reading reading : readings) {
            batch.point(Rivals.influxdbJava(reading));
        }
        return batch.build().lineProtocol();
    }

    /**
     * influxdb-client-java: points, and the text of each joined as its writer joins them.
     *
     * @return the text
     */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public String influxdbClientJava() {
        StringBuilder batch = new StringBuilder();
        for (Reading reading : readings) {
            batch.append(Rivals.influxdbClientJava(reading).toLineProtocol()).append('\n');
        }
        return batch.toString();
    }

    /**
     * questdb-client: rows of text in its buffer.
     *
     * @return the sender with the rows
     */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public Sender questdb() {
        sender.reset();
        for (Reading reading : readings) {
            Rivals.questdb(sender, reading);
        }
        return sender;
    }
}
