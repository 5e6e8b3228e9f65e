package org.influxdb.reference;

import java.util.List;
import java.util.Optional;

/** A step over the wire that is different on purpose, and why. */
final class WireDifference {

    private static final List<WireDifference> ALL = List.of(
            new WireDifference("Writes", "point at the level of the client", "its level is lost", false),
            new WireDifference("Writes", "answered 400 partial write: max-values-per-tag", "no resend helps", false),
            new WireDifference("Writes", "answered 400 invalid consistency level", "no resend helps", false),
            new WireDifference("Writes", "answered 401 unable to parse authentication", "it is about the user", false),
            new WireDifference("Writes", "answered 500 retention policy not found", "no resend helps", false),
            new WireDifference("Writes", "answered 413", "the same batch is as large the next time", false),
            new WireDifference("Writes", "answered 200", "that is no acknowledgement of a write", false),
            new WireDifference("Writes", "connect to nope", "the exception has a cause", true),
            new WireDifference("Writes", "connect to http://[::1]:99999", "the exception has a cause", true),
            new WireDifference("Asks", "bound and posted", "the query went where the unit belongs", true),
            new WireDifference("Asks", "chunks cut off between words", "half a result is not the end of it", false),
            new WireDifference("Asks", "chunks refused", "the class and the text of the error are told", true),
            new WireDifference("Asks", "query answered 400", "no resend helps", false),
            new WireDifference("Asks", "query answered 401", "it is about the user", false),
            new WireDifference("Asks", "query answered 403", "it is about the user", false),
            new WireDifference("Asks", "query answered 500 ", "a text in place of none", false),
            new WireDifference("Asks", "query in the background answered 4", "the class and the text are told", true),
            new WireDifference("Asks", "query in the background answered 5", "the text is told as it is", true),
            new WireDifference("Asks", "create a database of odd name", "a quote in a name ends no quotes", false),
            new WireDifference("Asks", "databases with an error", "the error is told", true),
            new WireDifference("Asks", "no databases", "there are none", true),
            new WireDifference("Packed", "an error", "errors are told, not left out", true),
            new WireDifference("Packed", "a result cut off", "it is told as a lost connection is", true),
            new WireDifference("Packed", "a refusal in the background", "the class and the text are told", true),
            new WireDifference("Packed", "a refusal in chunks", "the class and the text are told", true),
            new WireDifference("Packed", "a refusal in JSON", "the server's text is told", true),
            new WireDifference("Batching", "level of the call", "its level is lost", false),
            new WireDifference("Batching", "level of the client", "its level is lost", false),
            new WireDifference("Batching", "names that read the same", "a point goes to another database", false),
            new WireDifference(
                    "Batching", "once, one of two", "a failure takes others along, in the order of a hash map", true),
            new WireDifference("Batching", "given up when closed", "the next close sends them once more", true),
            new WireDifference("Batching", "pushed out", "the next close sends them once more", true),
            new WireDifference("Batching", "closed twice", "points that were given up are sent again", true));

    private final String scenario;
    private final String step;
    private final String reason;
    private final boolean alsoInLegacyMode;

    private WireDifference(String scenario, String step, String reason, boolean alsoInLegacyMode) {
        this.scenario = scenario;
        this.step = step;
        this.reason = reason;
        this.alsoInLegacyMode = alsoInLegacyMode;
    }

    static List<WireDifference> all() {
        return ALL;
    }

    /** The difference that explains this step of a scenario, if one is meant to be there. */
    static Optional<WireDifference> of(String scenario, String given, boolean legacy) {
        return ALL.stream()
                .filter(one -> one.scenario.equals(scenario) && given.startsWith(one.step))
                .filter(one -> one.alsoInLegacyMode || !legacy)
                .findFirst();
    }

    boolean isOf(String name) {
        return scenario.equals(name);
    }

    @Override
    public String toString() {
        return scenario + ": " + step + " (" + reason + ")";
    }
}
