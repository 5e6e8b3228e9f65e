package io.influxclient.junit;

import io.influxclient.InfluxClient;
import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.TestAbortedException;

/**
 * Starts and ends the clusters of {@link InfluxCluster}, or one that is built in code:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final InfluxClusterExtension influx = InfluxClusterExtension.of(
 *         TestCluster.builder().data(5).set("write-timeout", "1s").database("app", 3));
 * }</pre>
 *
 * <p>A static field has one cluster for the class, as {@link Scope#CLASS}, a field of the instance one for each test
 * (with JUnit's lifecycle {@code PER_CLASS} one for the class as well). Where a class has several clusters, JUnit
 * cannot tell whose a parameter is; there {@link #cluster()} has to be asked.
 */
public final class InfluxClusterExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {

    private final TestClusterBuilder own;
    private final Namespace namespace;
    private volatile TestCluster current;

    /** For JUnit, which calls it for {@link InfluxCluster}; in code use {@link #of}. */
    public InfluxClusterExtension() {
        own = null;
        namespace = Namespace.create(InfluxClusterExtension.class);
    }

    private InfluxClusterExtension(TestClusterBuilder own) {
        this.own = own;
        namespace = Namespace.create(InfluxClusterExtension.class, this);
    }

    /**
     * An extension for a field with {@code @RegisterExtension}.
     *
     * @param cluster what to start; not to be changed any more
     * @return the extension
     */
    public static InfluxClusterExtension of(TestClusterBuilder cluster) {
        return new InfluxClusterExtension(Objects.requireNonNull(cluster, "cluster"));
    }

    /**
     * The cluster of an extension made by {@link #of}, where no parameter can be had.
     *
     * @return the one that was started last
     * @throws IllegalStateException if none was
     */
    public TestCluster cluster() {
        TestCluster cluster = current;
        if (cluster == null) {
            throw new IllegalStateException("no cluster was started: is this field annotated with @RegisterExtension?");
        }
        return cluster;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (own != null) {
            // The classes nested in one come here too, and share its cluster.
            if (shared(context) == null) {
                start(context, own);
            }
            return;
        }
        annotation(context.getElement()).ifPresent(cluster -> {
            store(context).put(InfluxCluster.class, cluster);
            if (cluster.scope() == Scope.CLASS) {
                start(context, builder(cluster));
            }
        });
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Optional<TestClusterBuilder> builder = ofEach(context);
        if (builder.isPresent()) {
            start(context, builder.get());
        } else if (shared(context) != null) {
            shared(context).enter();
            store(context).put(entered(context), true);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Shared shared = shared(context);
        if (shared != null) {
            report(context, shared.cluster);
        }
        // Not where another extension kept this one from beginning the test.
        if (store(context).remove(entered(context)) != null) {
            shared.leave();
        }
    }

    private static String entered(ExtensionContext context) {
        return "entered by " + context.getUniqueId();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Shared shared = shared(context);
        if (shared != null) {
            report(context, shared.cluster);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (parameter.isAnnotated(NodeUrl.class)) {
            return type == String.class || type == List.class || type == String[].class;
        }
        return type == TestCluster.class || type == InfluxClient.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Shared shared = shared(context);
        if (shared == null) {
            throw new ParameterResolutionException(
                    "there is no cluster yet where this parameter is: with Scope.METHOD there "
                            + "is one for methods of single tests only");
        }
        TestCluster cluster = shared.cluster;
        if (parameter.getParameter().getType() == InfluxClient.class) {
            return client(context, cluster);
        }
        Optional<NodeUrl> url = parameter.findAnnotation(NodeUrl.class);
        if (url.isEmpty()) {
            return cluster;
        }
        Class<?> type = parameter.getParameter().getType();
        if (type == String.class) {
            String node = url.get().value();
            return node.isEmpty() ? cluster.urls().get(0) : cluster.node(node).url();
        }
        return type == List.class ? cluster.urls() : cluster.urls().toArray(String[]::new);
    }

    /**
     * One for the test or the class that the context is of: what a client remembers of its servers is not passed on.
     */
    private InfluxClient client(ExtensionContext context, TestCluster cluster) {
        return store(context)
                .getOrComputeIfAbsent(
                        InfluxClient.class.getName() + context.getUniqueId(), key -> new Client(cluster), Client.class)
                .client;
    }

    /** What is to be started for this one test. */
    private Optional<TestClusterBuilder> ofEach(ExtensionContext context) {
        if (own != null) {
            return shared(context) == null ? Optional.of(own) : Optional.empty();
        }
        Optional<InfluxCluster> method = annotation(context.getElement());
        if (method.isPresent()) {
            return method.map(InfluxClusterExtension::builder);
        }
        // Of the class, or of the nearest one that it is nested in.
        return Optional.ofNullable(store(context).get(InfluxCluster.class, InfluxCluster.class))
                .filter(cluster -> cluster.scope() == Scope.METHOD)
                .map(InfluxClusterExtension::builder);
    }

    private void start(ExtensionContext context, TestClusterBuilder builder) {
        TestCluster cluster = builder.start();
        // Closed by JUnit with the context.
        store(context).put(Shared.class, new Shared(cluster));
        current = cluster;
    }

    private Store store(ExtensionContext context) {
        return context.getStore(namespace);
    }

    private Shared shared(ExtensionContext context) {
        return store(context).get(Shared.class, Shared.class);
    }

    private static Optional<InfluxCluster> annotation(Optional<AnnotatedElement> element) {
        return AnnotationSupport.findAnnotation(element, InfluxCluster.class);
    }

    private static TestClusterBuilder builder(InfluxCluster cluster) {
        TestClusterBuilder builder = TestCluster.builder()
                .data(cluster.data())
                .meta(cluster.meta())
                .combined(cluster.combined())
                .profile(cluster.profile());
        for (String setting : cluster.settings()) {
            String[] parts = setting.split("=", 2);
            if (parts.length < 2) {
                throw new IllegalArgumentException("the setting \"" + setting + "\" is not name=value");
            }
            builder.set(parts[0], parts[1]);
        }
        if (!cluster.database().isEmpty()) {
            builder.database(cluster.database(), cluster.replication());
        }
        return builder;
    }

    private static void report(ExtensionContext context, TestCluster cluster) {
        Optional<Throwable> failure = context.getExecutionException().filter(e -> !(e instanceof TestAbortedException));
        if (failure.isPresent()) {
            System.err.println(context.getDisplayName() + " failed; its cluster:\n" + state(cluster));
        }
    }

    private static String state(TestCluster cluster) {
        try {
            return cluster.describe();
        } catch (IllegalStateException e) {
            // The test closed it; what matters is why it failed.
            return e.getMessage();
        }
    }

    /** A client that is closed with the context that it was made for. */
    private static final class Client implements Store.CloseableResource {

        private final InfluxClient client;

        Client(TestCluster cluster) {
            client = cluster.clientBuilder().build();
        }

        @Override
        public void close() {
            client.close();
        }
    }

    /** A cluster, and how many tests of its class are under way. None begins while the cluster is made whole. */
    private static final class Shared implements Store.CloseableResource {

        private final TestCluster cluster;
        private int underWay;

        Shared(TestCluster cluster) {
            this.cluster = cluster;
        }

        synchronized void enter() {
            underWay++;
        }

        synchronized void leave() {
            underWay--;
            if (underWay == 0) {
                cluster.restore();
            }
        }

        @Override
        public void close() {
            cluster.close();
        }
    }
}
