package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.influxdb.impl.Legacy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The table of answers in the documentation says what the two libraries make of each. */
class AnswersTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .resolve("../../../docs/java-migration.md")
            .normalize();

    /** Status, text, what the one library says, what the other says, its cause and the outcome. */
    private static final Pattern ROW =
            Pattern.compile("\\| (\\d+|–) \\| `(.+)` \\| (\\w+, \\w+) \\| (\\w+, \\w+) \\| (\\w+) \\| (\\w+) \\|");

    private static Application application;

    @BeforeAll
    static void compile() {
        application = Application.compiled("application", 11);
    }

    @AfterEach
    void switchBack() {
        System.clearProperty(Legacy.PROPERTY);
    }

    @Test
    void everyRowHolds() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Matcher row : rows()) {
            String theirs = application.answerWithTheirs(status(row.group(1)), row.group(2));
            String ours = application.answerWithOurs(status(row.group(1)), row.group(2));
            String found = "| " + row.group(1) + " | `" + row.group(2) + "` | " + said(theirs) + " | " + said(ours)
                    + " | " + ours.split("\\|")[2] + " | " + ours.split("\\|")[3] + " |";
            if (!found.equals(row.group())) {
                wrong.add(found);
            }
        }
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    void legacyModeSaysWhatInfluxdbJavaSays() throws Exception {
        System.setProperty(Legacy.PROPERTY, "true");
        List<String> wrong = new ArrayList<>();
        for (Matcher row : rows()) {
            String ours = application.answerWithOurs(status(row.group(1)), row.group(2));
            if (!ours.equals(row.group(3).replace(", ", "|") + "|-|-")) {
                wrong.add(row.group(2) + ": " + ours);
            }
        }
        assertEquals("", String.join("\n", wrong));
    }

    private static List<Matcher> rows() throws IOException {
        List<Matcher> rows = new ArrayList<>();
        for (String line : Files.readAllLines(DOCUMENT)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.add(row);
            }
        }
        assertTrue(rows.size() >= 45, rows.size() + " rows");
        return rows;
    }

    private static int status(final String text) {
        return text.equals("–") ? 0 : Integer.parseInt(text);
    }

    /** The exception's class, and whether it is worth a retry. */
    private static String said(final String answer) {
        String[] parts = answer.split("\\|");
        return parts[0] + ", " + parts[1];
    }
}
