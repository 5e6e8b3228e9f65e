package io.influxclient;

import io.influxclient.internal.FrameReader;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What became of the points of a batch: what the replicas answered at that moment. Whoever writes at the same time may
 * change it; a hint or a request that is still under way between nodes arrives later. Immutable.
 */
public final class Resolution {

    private static final int BORNE_OUT = 1;
    private static final int NOTHING_CLAIMED = 2;

    private final List<Point> points;
    private final List<Node> nodes;
    private final HandoffState handoff;
    private final int borneOut;
    private final ConsistencyLevel level;
    private final String text;

    Resolution(FrameReader frame) {
        points = frame.list(() -> new Point(frame));
        nodes = frame.list(() -> new Node(frame));
        handoff = HandoffState.of(frame.text());
        borneOut = frame.u8();
        level = ConsistencyLevel.of(frame.text());
        text = frame.text();
    }

    /**
     * What is known of each point of the batch, in its order.
     *
     * @return a list that cannot be changed
     */
    public List<Point> points() {
        return points;
    }

    /**
     * The data nodes of the cluster; the endpoints where the servers are no cluster.
     *
     * @return a list that cannot be changed
     */
    public List<Node> nodes() {
        return nodes;
    }

    /**
     * How many points are where.
     *
     * @return the number of points for each place; a map that cannot be changed
     */
    public Map<Whereabouts, Long> counts() {
        Map<Whereabouts, Long> counts = new EnumMap<>(Whereabouts.class);
        for (Whereabouts where : Whereabouts.values()) {
            counts.put(where, 0L);
        }
        points.forEach(point -> counts.merge(point.whereabouts(), 1L, Long::sum));
        return Collections.unmodifiableMap(counts);
    }

    /**
     * Whether hints wait for replicas that miss points.
     *
     * @return the state of the queues of all data nodes
     */
    public HandoffState handoff() {
        return handoff;
    }

    /**
     * Whether every point is by now stored at least at the level that was acknowledged. At level {@code any} a point
     * that is only in a queue does not count.
     *
     * @return whether the replicas bear the acknowledgement out; empty if nothing was acknowledged, or replicas that did
     *     not tell leave it open
     */
    public Optional<Boolean> bearsOut() {
        return borneOut == NOTHING_CLAIMED ? Optional.empty() : Optional.of(borneOut == BORNE_OUT);
    }

    /**
     * The strongest level that every point is stored at by now.
     *
     * @return {@code all}, {@code quorum} or {@code one}; empty for an empty batch, or where a point is not known to be
     *     on any replica
     */
    public Optional<ConsistencyLevel> level() {
        return Optional.ofNullable(level);
    }

    @Override
    public String toString() {
        return text;
    }

    /** What is known of one point. */
    public static final class Point {

        private final Whereabouts whereabouts;
        private final String doubt;
        private final int copies;
        private final boolean refused;
        private final Map<Integer, ReplicaAnswer> replicas;

        Point(FrameReader frame) {
            whereabouts = Whereabouts.of(frame.text());
            doubt = frame.text();
            copies = frame.i32();
            refused = frame.bool();
            int count = frame.i32();
            Map<Integer, ReplicaAnswer> answers = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                int node = frame.i32();
                answers.put(node, ReplicaAnswer.of(frame.text()));
            }
            replicas = Collections.unmodifiableMap(answers);
        }

        /**
         * Where it is.
         *
         * @return what holds for whatever the replicas that could not be asked have
         */
        public Whereabouts whereabouts() {
            return whereabouts;
        }

        /**
         * Why it is not known where it is, where that does not lie with a node.
         *
         * @return {@code no-time} for a point without a time of its own, {@code unreadable} for one that cannot be
         *     looked for, or {@code placement} where it cannot be told which replicas should have it
         */
        public Optional<String> doubt() {
            return Optional.ofNullable(doubt);
        }

        /**
         * How many replicas are known to have it.
         *
         * @return a number of replicas
         */
        public int copies() {
            return copies;
        }

        /**
         * Whether the server refused it for good, so that it is not to be expected anywhere.
         *
         * @return whether it was refused
         */
        public boolean isRefused() {
            return refused;
        }

        /**
         * The replicas that should have it and what they answered.
         *
         * @return by the place of the node in {@link Resolution#nodes()}; empty where it is not known which they are
         */
        public Map<Integer, ReplicaAnswer> replicas() {
            return replicas;
        }

        @Override
        public String toString() {
            return whereabouts.id() + ", " + copies + " copies";
        }
    }

    /** A data node. */
    public static final class Node {

        private final long id;
        private final String address;
        private final String trouble;

        Node(FrameReader frame) {
            id = frame.i64();
            address = frame.text();
            trouble = frame.text();
        }

        /**
         * Its id in the cluster.
         *
         * @return the id; empty for a server without clustering
         */
        public OptionalLong id() {
            return id < 0 ? OptionalLong.empty() : OptionalLong.of(id);
        }

        /**
         * The address that it was asked at, or is said to have.
         *
         * @return an address without user and password
         */
        public String address() {
            return address;
        }

        /**
         * Why it could not be asked, or not about every point.
         *
         * @return the reason in words; empty if it answered in full
         */
        public Optional<String> trouble() {
            return Optional.ofNullable(trouble);
        }

        @Override
        public String toString() {
            return address + (trouble == null ? "" : ": " + trouble);
        }
    }
}
