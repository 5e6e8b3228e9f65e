package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The classes, outcomes and advices of Java are those of the Rust crate, from whose source they are read. */
class ClassTableTest {

    private static final Path ERRORS = Path.of("../../../client/src/error");

    private static List<String[]> rows(String file, String pattern) throws Exception {
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(Files.readString(ERRORS.resolve(file)));
        List<String[]> rows = new ArrayList<>();
        while (matcher.find()) {
            String[] row = new String[matcher.groupCount()];
            for (int i = 0; i < row.length; i++) {
                row[i] = matcher.group(i + 1);
            }
            rows.add(row);
        }
        assertTrue(rows.size() > 3, "the table of " + file + " was not found");
        return rows;
    }

    @Test
    void everyClassHasItsOneException() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        for (String[] row : rows("class.rs", " = (\\d+) \"([a-z-]+)\" \\{.*?java: (None|Some\\(\"(\\w+)\"\\)),")) {
            if (row[3] != null) {
                expected.put(row[1] + " " + row[0], row[3]);
            }
        }
        Map<String, String> actual = new LinkedHashMap<>();
        for (WriteClass writeClass : WriteClass.values()) {
            if (writeClass != WriteClass.OK) {
                WriteException exception = WriteFailure.read(Frames.writeError(writeClass, Outcome.UNKNOWN));
                assertEquals(writeClass, exception.writeClass());
                assertEquals(WriteException.class, exception.getClass().getSuperclass());
                assertTrue(Modifier.isFinal(exception.getClass().getModifiers()));
                actual.put(
                        writeClass.id() + " " + writeClass.code(),
                        exception.getClass().getSimpleName());
            }
        }
        assertEquals(expected, actual);
    }

    @Test
    void outcomesAdvicesAndTheirResendsAreTheSame() throws Exception {
        List<String> outcomes = new ArrayList<>();
        rows("outcome.rs", "Self::\\w+ => \"([a-z-]+)\",").forEach(row -> outcomes.add(row[0]));
        List<String> mine = new ArrayList<>();
        Arrays.stream(Outcome.values()).forEach(outcome -> mine.add(outcome.id()));
        assertEquals(sorted(outcomes), sorted(mine));

        String source = Files.readString(ERRORS.resolve("advice.rs"));
        String resends = source.substring(source.indexOf("pub const fn resend(self)"));
        List<String> ids = new ArrayList<>();
        for (String[] row : rows("advice.rs", "Self::(\\w+) => \"([a-z]+(?:-[a-z]+)*)\",")) {
            if (Pattern.compile("Self::" + row[0] + "\\b").matcher(resends).find()) {
                ids.add(row[1]);
                Matcher matcher = Pattern.compile("Self::" + row[0] + "\\b[^=]*=> Resend::(\\w+)")
                        .matcher(resends);
                assertTrue(matcher.find());
                assertEquals(
                        matcher.group(1).toUpperCase(),
                        Advice.of(row[1]).resend().name().replace("_", ""),
                        row[0]);
            }
        }
        List<String> advices = new ArrayList<>();
        Arrays.stream(Advice.values()).forEach(advice -> advices.add(advice.id()));
        assertEquals(sorted(ids), sorted(advices));
    }

    private static List<String> sorted(List<String> list) {
        return new ArrayList<>(new TreeSet<>(list));
    }
}
