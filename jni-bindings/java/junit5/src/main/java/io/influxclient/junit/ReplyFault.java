package io.influxclient.junit;

import io.influxclient.WriteClass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of a data node's answers to requests of clients. Immutable: each method gives a new fault.
 *
 * <p>Of several such faults the oldest that fits a request and has {@linkplain #times times} left applies.
 *
 * @see TestNode#reply(ReplyFault)
 */
public final class ReplyFault {

    private final String verb;
    private final List<String> words;

    private ReplyFault(String verb, List<String> words) {
        this.verb = verb;
        this.words = List.copyOf(words);
    }

    private ReplyFault with(String... more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return new ReplyFault(verb, all);
    }

    /**
     * A typical answer of a class of failed writes, with the headers and the text of the real server. The node does
     * nothing else, see {@link #afterHandling()}.
     *
     * @param id the id of the class, such as {@code timeout}, {@code below-level}, {@code overloaded}, {@code
     *     deferred}, {@code meta-unavailable}, {@code not-found}, {@code type-conflict}; a wrong one is refused with a
     *     list
     * @return the fault
     */
    public static ReplyFault ofClass(String id) {
        return new ReplyFault("reply", List.of("--class=" + id));
    }

    /**
     * A typical answer of a class of failed writes, as {@link #ofClass(String)} gives it.
     *
     * @param writeClass a class that a server can answer with: not {@code OK}, {@code UNREACHABLE}
     * @return the fault
     */
    public static ReplyFault ofClass(WriteClass writeClass) {
        return ofClass(writeClass.id());
    }

    /**
     * This status without a body. The node does nothing else, see {@link #afterHandling()}.
     *
     * @param status from 200 to 999
     * @return the fault
     */
    public static ReplyFault status(int status) {
        return new ReplyFault("reply", List.of("--status=" + status));
    }

    /**
     * This status with a body. The node does nothing else, see {@link #afterHandling()}.
     *
     * @param status from 200 to 999
     * @param body sent as UTF-8
     * @return the fault
     */
    public static ReplyFault status(int status, String body) {
        return status(status).with("--body=" + body);
    }

    /**
     * An error in the form that the server itself gives it: JSON, with the headers of the profile. The node does
     * nothing else, see {@link #afterHandling()}.
     *
     * @param status from 200 to 999
     * @param text the text of the error
     * @return the fault
     */
    public static ReplyFault error(int status, String text) {
        return status(status).with("--error=" + text);
    }

    /**
     * The node's own answer, to be {@linkplain #delayed delayed} or {@linkplain #cut cut}.
     *
     * @return the fault, which is none until one of them is added
     */
    public static ReplyFault real() {
        return new ReplyFault("reply", List.of());
    }

    /**
     * No answer at all: the request is read, nothing is done, and the connection stays open until the heal.
     *
     * @return the fault, to which only {@link #on} and {@link #times} can be added
     */
    public static ReplyFault hang() {
        return new ReplyFault("hang", List.of());
    }

    /**
     * Only answers to requests for this path.
     *
     * @param path such as {@code /write}
     * @return this fault for that path
     */
    public ReplyFault on(String path) {
        return with("--route=" + path);
    }

    /**
     * Only the next so many answers that fit.
     *
     * @param times one at least
     * @return this fault for so many answers
     */
    public ReplyFault times(long times) {
        return with("--times=" + times);
    }

    /**
     * Only some of the answers that fit, at random.
     *
     * @param probability how likely one is concerned, from 0 to 1
     * @param seed where the random numbers begin, not negative: the same answers are concerned, by their order, under
     *     the same seed
     * @return this fault for some answers
     * @throws IllegalArgumentException if one of them is out of range
     */
    public ReplyFault share(double probability, long seed) {
        return with("--probability=" + Words.probability(probability), "--seed=" + Words.seed(seed));
    }

    /**
     * The node does what it is asked, and gives the answer then.
     *
     * @return this fault after handling
     */
    public ReplyFault afterHandling() {
        return with("--after-handling");
    }

    /**
     * The answer leaves so much later.
     *
     * @param delay how much
     * @return this fault with a delay
     * @throws IllegalArgumentException if it is negative
     */
    public ReplyFault delayed(Duration delay) {
        return with("--delay=" + Words.time(delay));
    }

    /**
     * The connection is closed before the whole answer was sent.
     *
     * @param where how much of it is sent
     * @return this fault with a cut
     */
    public ReplyFault cut(ReplyCut where) {
        return with("--cut=" + where.word());
    }

    /**
     * One more header, of an answer that is not the node's own.
     *
     * @param name its name
     * @param value its value
     * @return this fault with that header
     */
    public ReplyFault header(String name, String value) {
        return with("--header=" + name + ": " + value);
    }

    String[] order(String node) {
        List<String> order = new ArrayList<>(List.of(verb, node));
        order.addAll(words);
        return order.toArray(String[]::new);
    }
}
