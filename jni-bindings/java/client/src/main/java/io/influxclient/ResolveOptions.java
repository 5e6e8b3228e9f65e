package io.influxclient;

import io.influxclient.internal.FrameWriter;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** How a batch is read back otherwise than the client's settings say. Immutable: each method returns new options. */
public final class ResolveOptions {

    private static final ResolveOptions DEFAULTS = new ResolveOptions(null, null, null, Map.of());

    private final String database;
    private final String retentionPolicy;
    private final Duration deadline;
    private final Map<Long, String> nodes;

    private ResolveOptions(String database, String retentionPolicy, Duration deadline, Map<Long, String> nodes) {
        this.database = database;
        this.retentionPolicy = retentionPolicy;
        this.deadline = deadline;
        this.nodes = nodes;
    }

    /**
     * Options that change nothing.
     *
     * @return the options
     */
    public static ResolveOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The database that the batch was written to, if not the client's.
     *
     * @param name its name
     * @return these options with it
     * @throws NullPointerException if the name is null
     */
    public ResolveOptions database(String name) {
        return new ResolveOptions(Objects.requireNonNull(name, "database"), retentionPolicy, deadline, nodes);
    }

    /**
     * The retention policy that the batch was written to, if not the client's or the database's default.
     *
     * @param name its name
     * @return these options with it
     * @throws NullPointerException if the name is null
     */
    public ResolveOptions retentionPolicy(String name) {
        return new ResolveOptions(database, Objects.requireNonNull(name, "retention policy"), deadline, nodes);
    }

    /**
     * The time for the whole call.
     *
     * @param time a time span; that of the client unless set
     * @return these options with it
     * @throws IllegalArgumentException if it is negative
     */
    public ResolveOptions deadline(Duration time) {
        return new ResolveOptions(database, retentionPolicy, InfluxClientBuilder.checked(time), nodes);
    }

    /**
     * Where to ask a data node: for clusters whose own addresses mean something else here. It gets the credentials in
     * the address, or those of the endpoint that told of it.
     *
     * @param id the id of the node in the cluster ({@code SHOW SERVERS} tells it)
     * @param address its address, such as {@code http://data1:8086}
     * @return these options with it
     * @throws NullPointerException if the address is null
     * @throws IllegalArgumentException if the id is negative
     */
    public ResolveOptions node(long id, String address) {
        if (id < 0) {
            throw new IllegalArgumentException("the id of a node is 0 or more, not " + id);
        }
        Map<Long, String> more = new TreeMap<>(nodes);
        more.put(id, Objects.requireNonNull(address, "address"));
        return new ResolveOptions(database, retentionPolicy, deadline, Collections.unmodifiableMap(more));
    }

    byte[] frame(Precision precision, ConsistencyLevel claimed, int[] refused) {
        FrameWriter frame = new FrameWriter()
                .text(precision.wireName())
                .text(database)
                .text(retentionPolicy)
                .text(ConsistencyLevel.wireName(claimed))
                .i32(refused.length);
        for (int point : refused) {
            frame.i32(point);
        }
        frame.duration(deadline).i32(nodes.size());
        nodes.forEach((id, address) -> frame.i64(id).text(address));
        return frame.toBytes();
    }
}
