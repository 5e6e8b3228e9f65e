package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.Outcome;
import io.influxclient.UnreachableException;
import io.influxclient.WriteException;
import io.influxclient.WriteTimeoutException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.SocketFactory;
import okhttp3.Authenticator;
import okhttp3.ConnectionPool;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okio.Buffer;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.InfluxDBIOException;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client makes of the settings of OkHttp: the native client where they are plain, else OkHttp itself;
 * time-outs in both.
 */
class SettingsTest {

    private static final long LIMIT_SECONDS = 20;
    private static final HttpUrl SERVER = HttpUrl.get("http://127.0.0.1:8086/");

    @AfterEach
    void switchBack() {
        System.clearProperty(Legacy.PROPERTY);
    }

    private static OkHttpClient.Builder settings() {
        return new OkHttpClient.Builder();
    }

    private static Transport chosen(OkHttpClient.Builder settings, HttpUrl server) {
        return Transports.choose(settings.build(), server, null);
    }

    static Stream<OkHttpClient.Builder> plain() {
        return Stream.of(
                settings(),
                settings().readTimeout(1, TimeUnit.SECONDS).connectTimeout(2, TimeUnit.SECONDS),
                settings().writeTimeout(1, TimeUnit.SECONDS).callTimeout(2, TimeUnit.SECONDS),
                settings().connectionPool(new ConnectionPool()),
                settings().retryOnConnectionFailure(false),
                settings().proxy(Proxy.NO_PROXY));
    }

    @ParameterizedTest
    @MethodSource("plain")
    void plainSettingsGoThroughTheNativeClient(OkHttpClient.Builder settings) {
        assertInstanceOf(NativeTransport.class, chosen(settings, SERVER));
    }

    static Stream<OkHttpClient.Builder> others() {
        Interceptor passing = chain -> chain.proceed(chain.request());
        return Stream.of(
                settings().addInterceptor(passing),
                settings().addNetworkInterceptor(passing),
                settings().authenticator((route, response) -> null),
                settings().proxyAuthenticator(Authenticator.JAVA_NET_AUTHENTICATOR),
                settings().proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", 1))),
                settings().proxySelector(new NoProxies()),
                settings().dns(host -> List.of(InetAddress.getLoopbackAddress())),
                settings().hostnameVerifier((host, session) -> true),
                settings().socketFactory(new NoDelaySockets(SocketFactory.getDefault())),
                settings().protocols(List.of(Protocol.HTTP_1_1)),
                settings().followRedirects(false),
                settings().eventListener(new EventListener() {}),
                settings().eventListenerFactory(call -> EventListener.NONE));
    }

    @ParameterizedTest
    @MethodSource("others")
    void otherSettingsGoThroughOkHttp(OkHttpClient.Builder settings) {
        assertInstanceOf(OkHttpTransport.class, chosen(settings, SERVER));
    }

    @Test
    void theJvmDecidesWhomToTrustAndWhichProxyToUse() {
        assertInstanceOf(OkHttpTransport.class, chosen(settings(), HttpUrl.get("https://127.0.0.1:8086/")));
        System.setProperty("http.proxyHost", "proxy.invalid");
        try {
            assertInstanceOf(OkHttpTransport.class, chosen(settings(), HttpUrl.get("http://192.0.2.1:8086/")));
        } finally {
            System.clearProperty("http.proxyHost");
        }
    }

    @Test
    void legacyModeGoesThroughOkHttp() {
        System.setProperty(Legacy.PROPERTY, "true");
        assertInstanceOf(OkHttpTransport.class, chosen(settings(), SERVER));
    }

    @Test
    void interceptorsSeeAndChangeRequestsAndTheBuilderStaysAsItIs() throws IOException {
        AtomicInteger seen = new AtomicInteger();
        OkHttpClient.Builder settings = settings().addInterceptor(chain -> {
            seen.incrementAndGet();
            return chain.proceed(
                    chain.request().newBuilder().header("X-Trace", "7").build());
        });
        try (CannedServer server = new CannedServer();
                InfluxDB client = InfluxDBFactory.connect(server.url(), settings)) {
            client.setDatabase("db").write("m v=1 1");
            client.ping();
            assertEquals(2, seen.get());
            server.requests().forEach(request -> assertEquals(List.of("7"), request.headers.get("X-trace")));
            assertEquals(1, settings.interceptors().size());
            assertTrue(settings.networkInterceptors().isEmpty());
        }
    }

    @Test
    void anInterceptorThatSendsNothingStoresNothing() {
        OkHttpClient.Builder settings = settings().addInterceptor(chain -> {
            throw new IOException("not today");
        });
        try (InfluxDB client = InfluxDBFactory.connect("http://127.0.0.1:1", settings)) {
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertEquals("not today", failure.getCause().getMessage());
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
        }
    }

    @Test
    void anInterceptorThatTookTheBodyLeavesAllOpen() {
        OkHttpClient.Builder settings = settings().addInterceptor(chain -> {
            chain.request().body().writeTo(new Buffer());
            throw new IOException("who knows");
        });
        try (InfluxDB client = InfluxDBFactory.connect("http://127.0.0.1:1", settings)) {
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertEquals(Outcome.UNKNOWN, typed(failure).outcome());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRefusedConnectionStoresNothing(boolean intercepted) {
        try (InfluxDB client = connect("http://127.0.0.1:1", intercepted, 10_000)) {
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertInstanceOf(ConnectException.class, failure.getCause());
            assertTrue(failure.getCause().getMessage().startsWith("Failed to connect to "), failure.toString());
            assertInstanceOf(UnreachableException.class, typed(failure));
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
            assertTrue(failure.isRetryWorth());
            assertInstanceOf(
                    ConnectException.class,
                    assertThrows(InfluxDBIOException.class, client::ping).getCause());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aServerThatDoesNotAnswerRunsIntoTheReadTimeout(boolean intercepted) throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                InfluxDB client = connect("http://127.0.0.1:" + silent.getLocalPort(), intercepted, 300)) {
            InfluxDBIOException write = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertInstanceOf(SocketTimeoutException.class, write.getCause());
            assertInstanceOf(WriteTimeoutException.class, typed(write));
            assertEquals(Outcome.UNKNOWN, typed(write).outcome());
            InfluxDBIOException query =
                    assertThrows(InfluxDBIOException.class, () -> client.query(new Query("SHOW DATABASES")));
            assertInstanceOf(SocketTimeoutException.class, query.getCause());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLostConnectionLeavesAllOpen(boolean intercepted) throws IOException {
        try (ServerSocket hostile = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                InfluxDB client = connect("http://127.0.0.1:" + hostile.getLocalPort(), intercepted, 10_000)) {
            Thread closing = new Thread(() -> closeAfterReading(hostile));
            closing.setDaemon(true);
            closing.start();
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertEquals(Outcome.UNKNOWN, typed(failure).outcome());
            assertTrue(failure.isRetryWorth());
        }
    }

    private static void closeAfterReading(ServerSocket hostile) {
        try {
            while (true) {
                try (Socket socket = hostile.accept()) {
                    socket.getInputStream().read(new byte[4096]);
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    @Test
    void pointsWithTimesAreSentOnceMoreWhereTheirConnectionWasLost() throws Exception {
        for (boolean again : new boolean[] {true, false}) {
            try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                    InfluxDB client = InfluxDBFactory.connect(
                            "http://127.0.0.1:" + server.getLocalPort(),
                            settings().retryOnConnectionFailure(again))) {
                client.setDatabase("db");
                AtomicInteger connections = new AtomicInteger();
                Thread answering = new Thread(() -> loseEveryOther(server, connections));
                answering.setDaemon(true);
                answering.start();
                assertEquals(again, succeeds(() -> client.write("m v=1 1")));
                assertEquals(again ? 2 : 1, connections.getAndSet(0));
                if (again) {
                    assertFalse(succeeds(() -> client.write("m v=1")), "that might store it twice");
                    assertEquals(1, connections.get());
                }
            }
        }
    }

    private static boolean succeeds(Runnable call) {
        try {
            call.run();
            return true;
        } catch (InfluxDBIOException e) {
            assertEquals(Outcome.UNKNOWN, typed(e).outcome());
            return false;
        }
    }

    private static void loseEveryOther(ServerSocket server, AtomicInteger connections) {
        try {
            while (true) {
                try (Socket socket = server.accept()) {
                    int number = connections.incrementAndGet();
                    socket.getInputStream().read(new byte[4096]);
                    if (number == 2) {
                        socket.getOutputStream()
                                .write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
                                        .getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
        } catch (IOException e) {
            // The test is over.
        }
    }

    @Test
    void anInterruptDoesNotEndAWriteUnderWayAndStaysSet() throws Exception {
        try (CannedServer server = new CannedServer();
                InfluxDB client = connect(server.url(), false, 60_000)) {
            Thread caller = Thread.currentThread();
            server.answer(request -> {
                caller.interrupt();
                // Until it has been noticed.
                while (caller.isInterrupted()) {
                    Thread.onSpinWait();
                }
                return new CannedServer.Reply(204, "");
            });
            try {
                client.write("m v=1");
            } finally {
                assertTrue(Thread.interrupted(), "the interrupt status stays set");
            }
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void aWriteUnderWayIsWaitedForWithinItsTimeOutThoughInterrupted() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                InfluxDB client = connect("http://127.0.0.1:" + silent.getLocalPort(), false, 3_000)) {
            Thread interrupting = interruptsWhenAsked(silent, Thread.currentThread());
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1 1"));
            assertTrue(Thread.interrupted(), "the interrupt status stays set");
            assertInstanceOf(SocketTimeoutException.class, failure.getCause());
            assertEquals(Outcome.UNKNOWN, typed(failure).outcome());
            interrupting.join();
        }
    }

    @Test
    void aThreadThatIsInterruptedBeforeSendsNothing() throws Exception {
        try (CannedServer server = new CannedServer();
                InfluxDB client = connect(server.url(), false, 60_000)) {
            Thread.currentThread().interrupt();
            InfluxDBIOException failure = assertThrows(InfluxDBIOException.class, () -> client.write("m v=1"));
            assertTrue(Thread.interrupted(), "the interrupt status stays set");
            assertEquals(Outcome.NOT_STORED, typed(failure).outcome());
            client.write("m v=2");
            assertEquals(List.of("m v=2"), bodies(server));
        }
    }

    @Test
    void anInterruptEndsAQueryAndStaysSet() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                InfluxDB client = connect("http://127.0.0.1:" + silent.getLocalPort(), false, 60_000)) {
            Thread interrupting = interruptsWhenAsked(silent, Thread.currentThread());
            InfluxDBIOException failure =
                    assertThrows(InfluxDBIOException.class, () -> client.query(new Query("SHOW DATABASES")));
            assertTrue(Thread.interrupted(), "the interrupt status stays set");
            assertInstanceOf(InterruptedIOException.class, failure.getCause());
            assertFalse(failure.getCause() instanceof SocketTimeoutException);
            interrupting.join();
        }
    }

    /** Never answers; ends when the client has gone away. */
    private static Thread interruptsWhenAsked(ServerSocket silent, Thread caller) {
        Thread interrupting = new Thread(() -> {
            try (Socket socket = silent.accept()) {
                // The request is on its way now.
                socket.getInputStream().read();
                caller.interrupt();
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The client went away, as it should.
            }
        });
        interrupting.start();
        return interrupting;
    }

    private static List<String> bodies(CannedServer server) {
        return server.requests().stream().map(request -> request.body.trim()).collect(Collectors.toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsUnderWayWhenTheClientIsClosedEndsByItself(boolean intercepted) throws Exception {
        CountDownLatch asked = new CountDownLatch(3);
        CountDownLatch closed = new CountDownLatch(1);
        try (CannedServer server = new CannedServer()) {
            server.answer(request -> {
                asked.countDown();
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return request.uri.startsWith("/write")
                        ? new CannedServer.Reply(204, "")
                        : new CannedServer.Reply(200, "{\"results\":[{\"statement_id\":7}]}");
            });
            InfluxDB client = connect(server.url(), intercepted, 60_000);
            CompletableFuture<Object> inBackground = new CompletableFuture<>();
            client.query(new Query("SELECT 1"), inBackground::complete, inBackground::complete);
            CompletableFuture<Object> query = CompletableFuture.supplyAsync(() -> client.query(new Query("SELECT 2")));
            CompletableFuture<Void> write = CompletableFuture.runAsync(() -> client.write("m v=1"));
            assertTrue(asked.await(LIMIT_SECONDS, TimeUnit.SECONDS));
            // As in a program whose threads are told to end: nor does that end what others have under way.
            Thread.currentThread().interrupt();
            client.close();
            assertTrue(Thread.interrupted());
            closed.countDown();
            write.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertInstanceOf(QueryResult.class, query.get(LIMIT_SECONDS, TimeUnit.SECONDS));
            assertInstanceOf(QueryResult.class, inBackground.get(LIMIT_SECONDS, TimeUnit.SECONDS));
        }
    }

    private static InfluxDB connect(String url, boolean intercepted, int readMillis) {
        OkHttpClient.Builder settings = settings().readTimeout(readMillis, TimeUnit.MILLISECONDS);
        if (intercepted) {
            settings.addInterceptor(chain -> chain.proceed(chain.request()));
        }
        return InfluxDBFactory.connect(url, settings).setDatabase("db");
    }

    private static WriteException typed(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof WriteException)) {
            cause = cause.getCause();
        }
        return (WriteException) cause;
    }

    /** A selector of the application's own, whatever it selects. */
    private static final class NoProxies extends ProxySelector {

        @Override
        public List<Proxy> select(URI uri) {
            return List.of(Proxy.NO_PROXY);
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
    }
}
