package application;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;

/** What an application saw: for each step what it gave to the library, and what it got. */
public final class Trace {

    private static final String[] PIECES = {
        "a", "b", "host", "cpu0", "Z", "_", "-", ".", "0", "9", "é", "\u2028", "\ud83d\ude00", "\u4e2d", "$", "/", "'",
                "%",
        "a", "b", "x", "y", "value", "usage_idle", " ", ",", "=", "\"", "\\", "#", "\n", "\r", "\t", "\\,", "\\ ",
                "\\=", "\\\\"};

    /** How many of the pieces, from the first, line protocol takes as they are. */
    private static final int TAME = 24;

    private final List<String> steps = new ArrayList<>();
    private final Random random;

    Trace(final long seed) {
        this.random = new Random(seed);
    }

    Random random() {
        return random;
    }

    boolean chance(final int percent) {
        return random.nextInt(100) < percent;
    }

    @SafeVarargs
    final <T> T pick(final T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** A text of a few pieces, seldom one that no line protocol can carry. */
    String text() {
        return chance(1) ? "" : chance(8) ? text(PIECES.length) : tameText();
    }

    /** A text of a few pieces that line protocol takes as they are. */
    String tameText() {
        return text(TAME);
    }

    private String text(final int pieces) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            text.append(PIECES[random.nextInt(pieces)]);
        }
        return text.toString();
    }

    void step(final String given, final Callable<?> call) {
        String seen;
        try {
            seen = ">> " + call.call();
        } catch (Exception e) {
            seen = "!! " + text(e);
        }
        steps.add(escaped(given) + "\t" + escaped(seen));
    }

    /** The exception's class, and its text unless the JVM made it. */
    private static String text(final Throwable e) {
        boolean made = e instanceof NullPointerException || e instanceof ClassCastException
                || e instanceof IndexOutOfBoundsException || e instanceof UnsupportedOperationException;
        String name = e.getClass().getName();
        return made || e.getMessage() == null ? name : name + ": " + e.getMessage();
    }

    List<String> steps() {
        return steps;
    }

    static String escaped(final String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}
