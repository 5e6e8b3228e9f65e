package io.influxclient.junit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What is wrong with a link between two nodes, in one direction. All parts combine. Nothing that a link lets through is
 * ever damaged or out of order. Immutable: each method gives a new fault.
 *
 * @see TestCluster#link(String, String, LinkFault)
 */
public final class LinkFault {

    private final List<String> words;

    private LinkFault(List<String> words) {
        this.words = List.copyOf(words);
    }

    private LinkFault with(String... more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return new LinkFault(all);
    }

    /**
     * Nothing passes and nothing fails, until a deadline does or the link is healed; then what waited passes.
     *
     * @return a cut link
     */
    public static LinkFault cut() {
        return new LinkFault(List.of("--cut"));
    }

    /**
     * Each message takes this long; a request and its answer are two.
     *
     * @param delay how long, a day at most
     * @return a slow link
     * @throws IllegalArgumentException if the delay is negative
     */
    public static LinkFault delay(Duration delay) {
        return new LinkFault(List.of("--delay", Words.time(delay)));
    }

    /**
     * Each message takes this long, up to {@code jitter} more or less, at random.
     *
     * @param delay how long, a day at most
     * @param jitter how much more or less
     * @return a slow link
     * @throws IllegalArgumentException if one of them is negative
     */
    public static LinkFault delay(Duration delay, Duration jitter) {
        return delay(delay).with("--jitter", Words.time(jitter));
    }

    /**
     * Messages, and attempts to connect, are lost for good; their connection is reset two seconds later.
     *
     * @param probability how likely each is lost, from 0 to 1
     * @return a lossy link
     * @throws IllegalArgumentException if that is no probability
     */
    public static LinkFault drop(double probability) {
        return new LinkFault(List.of("--drop", Words.probability(probability)));
    }

    /**
     * So much passes in a second, over all connections of the link together.
     *
     * @param bytesPerSecond bytes a second, more than 0
     * @return a narrow link
     * @throws IllegalArgumentException if it is 0 or less
     */
    public static LinkFault bandwidth(long bytesPerSecond) {
        if (bytesPerSecond <= 0) {
            throw new IllegalArgumentException(bytesPerSecond + " bytes a second: cut the link, or allow one at least");
        }
        return new LinkFault(List.of("--bandwidth", Long.toString(bytesPerSecond)));
    }

    /**
     * This fault and another one at once.
     *
     * @param other of another kind than this one
     * @return both
     */
    public LinkFault and(LinkFault other) {
        return with(other.words.toArray(String[]::new));
    }

    /**
     * Where the random numbers of delays and losses begin: they are the same again under the same seed.
     *
     * @param seed not negative
     * @return this fault with that seed
     * @throws IllegalArgumentException if the seed is negative
     */
    public LinkFault seed(long seed) {
        return with("--seed", Words.seed(seed));
    }

    List<String> words() {
        return words;
    }
}
