package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.influxdb.impl.Legacy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application sees with this library what it sees with influxdb-java, but for what {@link Difference} lists. */
class SameBehaviourTest {

    private static final long SEED = Long.getLong("seed", 20250321);
    private static final int COUNT = 3000;
    private static final int SHOWN = 40;

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
    @ValueSource(strings = {"Points", "Queries", "BuiltQueries", "Objects"})
    void sameButForTheListedDifferences(final String scenario) throws ReflectiveOperationException {
        Set<Difference> met = EnumSet.noneOf(Difference.class);
        compare(scenario, Difference.of(scenario), met);
        assertEquals(Difference.of(scenario), met, "differences listed, and differences met");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Points", "Queries", "BuiltQueries", "Objects"})
    void sameInLegacyMode(final String scenario) throws ReflectiveOperationException {
        System.setProperty(Legacy.PROPERTY, "true");
        compare(scenario, Difference.inLegacyMode(scenario), EnumSet.noneOf(Difference.class));
    }

    @Test
    void everyDifferenceHasAReason() {
        for (Difference difference : Difference.values()) {
            assertTrue(difference.reason().length() > 20, difference.name());
        }
    }

    private static void compare(final String scenario, final Set<Difference> allowed, final Set<Difference> met)
            throws ReflectiveOperationException {
        List<String> theirs = application.runWithTheirs(scenario, SEED, COUNT);
        List<String> ours = application.runWithOurs(scenario, SEED, COUNT);
        assertEquals(theirs.size(), ours.size());
        assertTrue(theirs.size() > COUNT, "steps: " + theirs.size());
        List<String> unexplained = new ArrayList<>();
        for (int i = 0; i < theirs.size(); i++) {
            if (!theirs.get(i).equals(ours.get(i))) {
                Step step = new Step(theirs.get(i), ours.get(i));
                Difference difference = allowed.stream()
                        .filter(one -> one.explains(step))
                        .findFirst()
                        .orElse(null);
                if (difference == null) {
                    unexplained.add(step.toString());
                } else {
                    met.add(difference);
                }
            }
        }
        assertEquals(
                "",
                String.join("\n", unexplained.subList(0, Math.min(SHOWN, unexplained.size()))),
                unexplained.size() + " of " + theirs.size() + " steps differ");
    }
}
