package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    @Test
    void everyRowHolds() throws Exception {
        Application application = Application.compiled("application", 11);
        List<String> wrong = new ArrayList<>();
        int rows = 0;
        for (String line : Files.readAllLines(DOCUMENT)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows++;
                String theirs = application.answerWithTheirs(status(row.group(1)), row.group(2));
                String ours = application.answerWithOurs(status(row.group(1)), row.group(2));
                String found = "| " + row.group(1) + " | `" + row.group(2) + "` | " + said(theirs) + " | " + said(ours)
                        + " | " + ours.split("\\|")[2] + " | " + ours.split("\\|")[3] + " |";
                if (!found.equals(line)) {
                    wrong.add(found);
                }
            }
        }
        assertEquals("", String.join("\n", wrong));
        assertTrue(rows >= 45, rows + " rows");
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
