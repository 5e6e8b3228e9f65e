package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Whatever code compiled against influxdb-java 2.25 can name is here, with the same shape. */
class BinaryCompatibilityTest {

    /** What is left out on purpose, by class, with the reason. */
    private static final Map<String, String> LEFT_OUT =
            Map.of("org.influxdb.example.Android", "a demonstration that was packed by mistake");

    @Test
    void everyVisibleClassHasTheSameSurface() throws ClassNotFoundException {
        List<String> differences = new ArrayList<>();
        int compared = 0;
        for (String name : Reference.classNames()) {
            Class<?> theirs = Class.forName(name, false, Reference.loader());
            if (!Surface.isVisible(theirs) || LEFT_OUT.containsKey(name)) {
                continue;
            }
            try {
                Class<?> ours = Class.forName(name, false, getClass().getClassLoader());
                differences.addAll(Surface.differences(theirs, ours));
                compared++;
            } catch (ClassNotFoundException e) {
                differences.add(name + " is missing");
            }
        }
        assertEquals("", String.join("\n", differences));
        assertTrue(compared >= 80, compared + " classes compared");
    }

    @Test
    void whatIsLeftOutIsInTheLibraryAndNotHere() {
        List<String> names = Reference.classNames();
        for (String name : new TreeSet<>(LEFT_OUT.keySet())) {
            assertTrue(names.contains(name), name);
        }
        assertEquals(List.of(), LEFT_OUT.keySet().stream().filter(this::isHere).collect(Collectors.toList()));
    }

    private boolean isHere(final String name) {
        return getClass().getClassLoader().getResource(name.replace('.', '/') + ".class") != null;
    }
}
