package org.influxdb.reference;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/** What is different on purpose, each with its reason. */
enum Difference {
    LINE_FEED(
            "Points",
            "A line feed in a name or a tag began another point: whoever set a tag could write any",
            false,
            step -> step.given.contains("\\n") && step.refuses("has a line feed, which would begin another")),
    BACKSLASH(
            "Points",
            "A backslash before a separator made the server read that as text, and store other tags",
            false,
            step -> step.given.contains("\\\\") && step.refuses("has a backslash before a separator")),
    COMMENT(
            "Points",
            "The server skips a line that begins with '#' and answers that all is well",
            false,
            step -> step.given.contains("m(#") && step.refuses("measurement begins with '#'")),
    BEYOND_64_BITS(
            "Points",
            "No server stores an integer beyond 64 bits: the whole line was refused, when it was sent",
            false,
            step -> step.given.contains("BigInteger(") && step.refuses("is an integer beyond 64 bits")),
    DOUBLE_ADDER(
            "Points",
            "A DoubleAdder was written as an integer with a point in it, which no server reads",
            false,
            step -> step.given.contains("DoubleAdder(")
                    && step.ours.equals(step.theirs.replaceAll("(=-?[0-9]+\\.[0-9]+)i", "$1"))),
    POINT_BUILDER_GOES_ON(
            "Points",
            "What a builder was given after build() changed the point built before",
            false,
            step -> step.given.equals("the builder goes on")),
    BATCH_BUILDER_GOES_ON(
            "Points",
            "What a builder was given after build() changed the batch built before",
            false,
            step -> step.given.equals("a batch builder goes on")),
    NAMELESS_BATCH_TAG(
            "Points",
            "A batch's tag without a name or a value went into the line, which no server reads",
            false,
            step -> step.given.equals("a batch's tag without a name")
                    || step.given.contains("batchTag(") && step.given.contains("|)")
                    || step.given.contains("batchTag(|")),
    NULL_BATCH_TAG(
            "Points",
            "A batch's tag without a value failed no sooner than when the batch was written",
            false,
            step -> step.given.equals("a batch's null tag value")
                    && step.ours.equals("!! java.lang.NullPointerException")),
    MERGED_PRECISIONS(
            "Points",
            "Batches of different precisions were merged, and times cut off",
            false,
            step -> step.given.startsWith("merge of other precisions") && step.ours.startsWith(">> false false")),

    DIGITS_OF_TIME(
            "Queries",
            "The digits behind the point of a time were read as milliseconds, however many",
            false,
            step -> step.given.startsWith("read time of other digits")
                    && step.ours.matches(">> 15058224001(00|20|23)")),
    NO_TIME(
            "Queries",
            "A thirteenth month was read as the first of the next year",
            false,
            step -> step.given.startsWith("read time that is none") && step.ours.contains("unexpected date format")),
    DISCARDED_BINDING(
            "Queries",
            "Naming the database after binding a value threw the value away",
            false,
            step -> step.given.equals("bind before the database")),
    NO_QUERY(
            "Queries",
            "A builder that was given nothing but the command made null of it",
            false,
            step -> step.given.equals("create at once")),
    QUOTED_DATA(
            "Queries",
            "What the server quotes of the application's data decided what the refusal was",
            false,
            step -> step.given.startsWith("error ")
                    && (step.given.contains("log msg=") || step.given.contains("input field \"points beyond"))),
    AUTHORIZATION(
            "Queries",
            "Refusals of the user were taken for a line that cannot be parsed, or for worth a retry",
            false,
            step -> step.given.startsWith("error ") && step.ours.startsWith(">> AuthorizationFailedException|false|")),
    OTHER_WORDS(
            "Queries",
            "Versions of the server say the same in other words",
            false,
            step -> step.given.matches("error .*(database does not exist|points outside retention policy).*")
                    && step.ours.matches(">> (DatabaseNotFound|PointsBeyondRetentionPolicy)Exception\\|false\\|.*")),
    FINAL(
            "Queries",
            "What the server will refuse again and again was called worth a retry",
            false,
            step -> step.given.startsWith("error ")
                    && step.theirs.startsWith(">> InfluxDBException|true|")
                    && step.ours.equals(step.theirs.replace("|true|", "|false|"))),
    TEXT_FOR_MESSAGE_PACK(
            "Queries",
            "A text where MessagePack was expected became a ClassCastException, the server's"
                    + " words were lost; in legacy mode they are again, under another exception's name",
            true,
            step -> step.given.startsWith("text where MessagePack was asked for")),

    POST_OF_CONDITIONS(
            "BuiltQueries",
            "A query that must be sent by POST forgot it as soon as it had a condition",
            false,
            step -> step.given.equals("post with conditions") && step.ours.equals(">> true")),
    EQUAL_QUERIES(
            "BuiltQueries",
            "Two queries were equal whatever their texts were",
            false,
            step -> step.given.equals("equal but for the text") && step.ours.equals(">> false")),

    SMALL_NUMBERS(
            "Objects",
            "Fields of type short and float could be saved, but not read again",
            false,
            step -> step.given.matches("field ([sS]hort|[fF]loat) from .*")
                    && step.theirs.contains("unsupported type")),
    WHOLE_NUMBERS(
            "Objects",
            "Integers of a result in MessagePack fitted no field",
            false,
            step -> step.given.matches("field (int|long|Integer|Long|Double|double|Instant) from"
                            + " (Integer|Long|BigInteger|BigDecimal) .*")
                    && step.theirs.startsWith("!! ")),
    NUMBER_TOO_LARGE(
            "Objects",
            "A number that the field cannot hold was made the greatest one that it can",
            false,
            step -> step.given.startsWith("field ") && step.refuses("cannot hold the value")),
    FINE_TIMES(
            "Objects",
            "Times in micro- and nanoseconds were cut off to milliseconds",
            false,
            step -> step.given.startsWith("time finer ") || step.given.equals("time whole nanoseconds")),
    TIME_OUT_OF_REACH(
            "Objects",
            "A time past the calendar was made one in the year 292278994",
            false,
            step -> step.given.matches("time (out of reach|(SECONDS|MINUTES|HOURS|DAYS) .*)|field Instant from .*")
                    && step.refuses("cannot hold the value")),
    EMPTY_TAG(
            "Objects",
            "An object's empty tag went into the line, which no server reads",
            false,
            step -> step.given.equals("write EmptyTag")),
    ODD_TAGS(
            "Objects",
            "A tag that is a number or a constant ended in a ClassCastException",
            false,
            step -> step.given.startsWith("write tag that is") && step.theirs.contains("ClassCastException")),
    TWO_WORDS(
            "Objects",
            "The name of a measurement was not quoted where a query needs it",
            false,
            step -> step.given.equals("mapper query of two words")),
    PARAMETERIZED_TYPE(
            "Objects",
            "A field of a type with parameters ended in a ClassCastException that says nothing",
            true,
            step -> step.given.startsWith("field List from")
                    && step.ours.contains("unsupported type 'java.util.List<")),
    VARIABLES(
            "Objects",
            "Type variables of a class two above ended in a ClassCastException",
            true,
            step -> step.given.contains("two classes above") && step.theirs.contains("ClassCastException")),
    TAGS_ALONE(
            "Objects",
            "A series of which only tags are known ended in a NullPointerException",
            true,
            step -> step.given.equals("tags alone") && step.theirs.contains("NullPointerException")),
    PRIVATE_CONSTRUCTOR(
            "Objects",
            "A private constructor ended in an exception, though private fields are set",
            true,
            step -> step.given.equals("private constructor"));

    private final String scenario;
    private final String reason;
    private final boolean alsoInLegacyMode;
    private final Predicate<Step> explains;

    Difference(
            final String scenario,
            final String reason,
            final boolean alsoInLegacyMode,
            final Predicate<Step> explains) {
        this.scenario = scenario;
        this.reason = reason;
        this.alsoInLegacyMode = alsoInLegacyMode;
        this.explains = explains;
    }

    String reason() {
        return reason;
    }

    boolean explains(final Step step) {
        return explains.test(step);
    }

    static Set<Difference> of(final String scenario) {
        Set<Difference> all = EnumSet.noneOf(Difference.class);
        for (Difference difference : values()) {
            if (difference.scenario.equals(scenario)) {
                all.add(difference);
            }
        }
        return all;
    }

    static Set<Difference> inLegacyMode(final String scenario) {
        Set<Difference> all = of(scenario);
        all.removeIf(difference -> !difference.alsoInLegacyMode);
        return all;
    }
}
