package io.influxclient.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The tests of one class, run by JUnit itself: how each ended, and what went to standard error. */
final class Recorded {

    private final Map<String, TestExecutionResult> results = new ConcurrentHashMap<>();
    private String standardError;

    private Recorded() {}

    static Recorded run(Class<?> tests, Map<String, String> configuration) {
        Recorded recorded = new Recorded();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(tests))
                .configurationParameters(configuration)
                .build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            LauncherFactory.create().execute(request, new TestExecutionListener() {
                @Override
                public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                    recorded.results.put(test.getDisplayName(), result);
                }
            });
        } finally {
            System.setErr(before);
        }
        recorded.standardError = bytes.toString(StandardCharsets.UTF_8);
        return recorded;
    }

    String standardError() {
        return standardError;
    }

    /** Display name to {@code SUCCESSFUL}, or the message of what was thrown. */
    Map<String, String> ends() {
        Map<String, String> ends = new TreeMap<>();
        results.forEach((name, result) -> ends.put(
                name,
                result.getThrowable()
                        .map(Throwable::getMessage)
                        .orElse(result.getStatus().name())));
        return ends;
    }

    String end(String name) {
        return ends().get(name);
    }

    boolean allSucceeded() {
        return !results.isEmpty()
                && results.values().stream()
                        .allMatch(result -> result.getStatus() == TestExecutionResult.Status.SUCCESSFUL);
    }
}
