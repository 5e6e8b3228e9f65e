package io.influxclient.junit;

import java.util.Objects;
import java.util.Optional;

/** A fault that is in force in a cluster, as {@link TestCluster#faults()} tells it. Immutable. */
public final class ActiveFault {

    private final String kind;
    private final String node;
    private final String text;

    ActiveFault(String kind, String node, String text) {
        this.kind = kind;
        this.node = node;
        this.text = text;
    }

    /**
     * A word for the kind of fault, as {@link TestCluster#fault(String...)} takes it.
     *
     * @return such as {@code partition}, {@code link}, {@code reply}
     */
    public String kind() {
        return kind;
    }

    /**
     * The node that suffers it.
     *
     * @return its name; of a link the node whose messages suffer; nothing for a partition
     */
    public Optional<String> node() {
        return node.isEmpty() ? Optional.empty() : Optional.of(node);
    }

    /**
     * What is wrong, for people.
     *
     * @return such as {@code to and from data2: delay 20ms}
     */
    public String text() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ActiveFault
                && ((ActiveFault) other).kind.equals(kind)
                && ((ActiveFault) other).node.equals(node)
                && ((ActiveFault) other).text.equals(text);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, node, text);
    }

    /**
     * Node and text.
     *
     * @return such as {@code data1: to and from data2: delay 20ms}
     */
    @Override
    public String toString() {
        return node.isEmpty() ? text : node + ": " + text;
    }
}
