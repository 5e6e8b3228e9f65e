package io.influxclient.benchmarks;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApi;
import com.influxdb.client.WriteOptions;
import io.influxclient.BatchWriter;
import io.influxclient.InfluxClient;
import io.influxclient.PointBatch;
import io.influxclient.WriteResult;
import io.questdb.client.Sender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import okhttp3.OkHttpClient;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
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

/**
 * From values in hand to points that a server on the loopback has acknowledged: points in a second.
 *
 * <p>Every invocation writes the same number of points and returns when the last one is acknowledged.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(2)
public class EndToEndBenchmark {
    static final int POINTS = 100_000;
    /** Points in a request: what each client's guide calls a good size. */
    static final int BATCH = 5_000;

    private Reading[] readings;
    private SinkProcess sink;

    /**
     * Starts the server.
     *
     * @throws IOException if it does not start
     */
    @Setup(Level.Trial)
    public void setUp() throws IOException {
        readings = Reading.several(POINTS);
        sink = new SinkProcess();
    }

    /** Ends the server. */
    @TearDown(Level.Trial)
    public void tearDown() {
        sink.close();
    }

    /** This client, one call for each batch, which waits for its end. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxClientBatches() {
        try (InfluxClient client =
                        InfluxClient.builder(sink.url()).database("benchmark").build();
                PointBatch batch = PointBatch.create()) {
            for (int from = 0; from < POINTS; from += BATCH) {
                batch.clear();
                for (int i = from; i < from + BATCH; i++) {
                    EncodeBenchmark.put(batch, readings[i]);
                }
                client.write(batch);
            }
        }
    }

    /** This client with two batches in turn: one is written while the other is filled. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxClientTwoBatches() {
        try (InfluxClient client =
                        InfluxClient.builder(sink.url()).database("benchmark").build();
                PointBatch one = PointBatch.create();
                PointBatch other = PointBatch.create()) {
            PointBatch[] batches = {one, other};
            List<CompletableFuture<WriteResult>> writes = new ArrayList<>(List.of(
                    CompletableFuture.<WriteResult>completedFuture(null),
                    CompletableFuture.<WriteResult>completedFuture(null)));
            for (int from = 0; from < POINTS; from += BATCH) {
                int turn = from / BATCH % 2;
                writes.get(turn).join();
                PointBatch batch = batches[turn];
                batch.clear();
                for (int i = from; i < from + BATCH; i++) {
                    EncodeBenchmark.put(batch, readings[i]);
                }
                writes.set(turn, client.writeAsync(batch));
            }
            writes.forEach(CompletableFuture::join);
        }
    }

    /** This client's background writer, with points pushed a hundred at a time. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxClientWriter() {
        try (InfluxClient client =
                        InfluxClient.builder(sink.url()).database("benchmark").build();
                PointBatch batch = PointBatch.create();
                BatchWriter writer = client.batchWriter().maxPoints(BATCH).start()) {
            for (int from = 0; from < POINTS; from += 100) {
                batch.clear();
                for (int i = from; i < from + 100; i++) {
                    EncodeBenchmark.put(batch, readings[i]);
                }
                writer.push(batch);
            }
            writer.flush();
        }
    }

    /** influxdb-java with the batching of its defaults. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxdbJavaBatching() {
        batching(new OkHttpClient.Builder());
    }

    /** The same, over connections without Nagle's delay, which it does not switch off by itself. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxdbJavaBatchingNoDelay() {
        batching(new OkHttpClient.Builder().socketFactory(new NoDelay()));
    }

    /** influxdb-java, one call for each batch. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxdbJavaBatches() {
        batches(new OkHttpClient.Builder());
    }

    /** The same, without Nagle's delay. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxdbJavaBatchesNoDelay() {
        batches(new OkHttpClient.Builder().socketFactory(new NoDelay()));
    }

    private void batching(OkHttpClient.Builder http) {
        try (InfluxDB client = InfluxDBFactory.connect(sink.url(), "user", "password", http)) {
            client.setDatabase("benchmark");
            client.enableBatch(BatchOptions.DEFAULTS);
            for (Reading reading : readings) {
                client.write(Rivals.influxdbJava(reading));
            }
        }
    }

    private void batches(OkHttpClient.Builder http) {
        try (InfluxDB client = InfluxDBFactory.connect(sink.url(), "user", "password", http)) {
            for (int from = 0; from < POINTS; from += BATCH) {
                BatchPoints.Builder batch = BatchPoints.database("benchmark");
                for (int i = from; i < from + BATCH; i++) {
                    batch.point(Rivals.influxdbJava(readings[i]));
                }
                client.write(batch.build());
            }
        }
    }

    /** influxdb-client-java with its background writer and batches of that size. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void influxdbClientJava() {
        try (InfluxDBClient client =
                        InfluxDBClientFactory.createV1(sink.url(), "u", "p".toCharArray(), "benchmark", null);
                WriteApi writer = client.makeWriteApi(WriteOptions.builder()
                        .batchSize(BATCH)
                        .bufferLimit(2 * POINTS)
                        .build())) {
            for (Reading reading : readings) {
                writer.writePoint(Rivals.influxdbClientJava(reading));
            }
        }
    }

    /** questdb-client over HTTP, one flush for each batch. */
    @Benchmark
    @OperationsPerInvocation(POINTS)
    public void questdb() {
        String address = sink.url().substring("http://".length());
        try (Sender sender = Sender.fromConfig("http::addr=" + address + ";protocol_version=1;auto_flush=off;")) {
            for (int i = 0; i < POINTS; i++) {
                Rivals.questdb(sender, readings[i]);
                if ((i + 1) % BATCH == 0) {
                    sender.flush();
                }
            }
        }
    }

    /** Sockets with TCP_NODELAY. */
    private static final class NoDelay extends SocketFactory {
        private final SocketFactory sockets = SocketFactory.getDefault();

        @Override
        public Socket createSocket() throws IOException {
            return set(sockets.createSocket());
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return set(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return set(sockets.createSocket(host, port, local, localPort));
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return set(sockets.createSocket(host, port));
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return set(sockets.createSocket(host, port, local, localPort));
        }

        private static Socket set(Socket socket) {
            try {
                socket.setTcpNoDelay(true);
            } catch (IOException closed) {
                throw new UncheckedIOException(closed);
            }
            return socket;
        }
    }
}
