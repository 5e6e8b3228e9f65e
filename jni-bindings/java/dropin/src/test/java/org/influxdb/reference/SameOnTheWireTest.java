package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;
import org.influxdb.impl.Legacy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An application compiled against influxdb-java sends with this library what it sends with that one, and hears the
 * same, but for what {@link WireDifference} lists: through the native client, through OkHttp, and in legacy mode.
 */
class SameOnTheWireTest {

    /** Clients with plain settings. */
    private static final long PLAIN = 0;
    /** Clients with an interceptor, which the native client could not honour. */
    private static final long INTERCEPTED = 1;

    private static final ConcurrentMap<String, List<String>> THEIRS = new ConcurrentHashMap<>();
    private static Application application;

    @BeforeAll
    static void compile() {
        application = Application.compiled("application", 11);
    }

    @AfterEach
    void switchBack() {
        System.clearProperty(Legacy.PROPERTY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Writes", "Asks", "Packed", "Batching"})
    void throughTheNativeClient(String scenario) throws ReflectiveOperationException {
        compare(scenario, PLAIN, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Writes", "Asks", "Packed", "Batching"})
    void throughOkHttp(String scenario) throws ReflectiveOperationException {
        compare(scenario, INTERCEPTED, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Writes", "Asks", "Packed", "Batching"})
    void inLegacyMode(String scenario) throws ReflectiveOperationException {
        System.setProperty(Legacy.PROPERTY, "true");
        compare(scenario, PLAIN, true);
    }

    private static void compare(String scenario, long seed, boolean legacy) throws ReflectiveOperationException {
        List<String> theirs = theirs(scenario);
        List<String> ours = application.runWithOurs(scenario, seed, 0);
        assertEquals(theirs.size(), ours.size());
        assertTrue(theirs.size() > 20, "steps: " + theirs.size());
        List<String> unexplained = new ArrayList<>();
        Set<String> met = new LinkedHashSet<>();
        for (int i = 0; i < theirs.size(); i++) {
            Step step = new Step(withoutPorts(theirs.get(i)), withoutPorts(ours.get(i)));
            if (!step.theirs.equals(step.ours)) {
                WireDifference.of(scenario, step.given, legacy)
                        .ifPresentOrElse(one -> met.add(one.toString()), () -> unexplained.add(step.toString()));
            }
        }
        assertEquals("", String.join("\n", unexplained), unexplained.size() + " of " + theirs.size() + " steps differ");
        if (!legacy) {
            assertEquals(listed(scenario), met, "differences listed, and differences met");
        }
    }

    private static Set<String> listed(String scenario) {
        return WireDifference.all().stream()
                .filter(one -> one.isOf(scenario))
                .map(WireDifference::toString)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Their clients know one way to send, so one run is enough. */
    private static List<String> theirs(String scenario) {
        return THEIRS.computeIfAbsent(scenario, name -> {
            try {
                return application.runWithTheirs(name, PLAIN, 0);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String withoutPorts(String step) {
        return step.replaceAll("127\\.0\\.0\\.1:\\d+", "server");
    }
}
