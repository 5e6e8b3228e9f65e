package org.influxdb.reference;

/** One step of an application that saw two things. */
final class Step {

    /** What the application gave. */
    final String given;
    /** What influxdb-java made of it. */
    final String theirs;
    /** What this library made of it. */
    final String ours;

    Step(final String theirs, final String ours) {
        this.given = given(theirs);
        if (!given.equals(given(ours))) {
            throw new IllegalArgumentException("other steps: " + given + " and " + given(ours));
        }
        this.theirs = theirs.substring(given.length() + 1);
        this.ours = ours.substring(given.length() + 1);
    }

    /** Whether this library refuses with a text what the other one takes, or refuses otherwise. */
    boolean refuses(final String text) {
        return ours.startsWith("!! ") && ours.contains(text);
    }

    private static String given(final String step) {
        return step.substring(0, step.indexOf('\t'));
    }

    @Override
    public String toString() {
        return given + "\n    theirs " + theirs + "\n    ours   " + ours;
    }
}
