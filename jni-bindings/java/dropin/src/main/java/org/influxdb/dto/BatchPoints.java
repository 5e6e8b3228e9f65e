package org.influxdb.dto;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.impl.Legacy;

/** Points that are written in one request. Not safe for use by several threads while points are added. */
public class BatchPoints {

    private final String database;
    private final String retentionPolicy;
    private final Map<String, String> tags;
    private final List<Point> points;
    private final ConsistencyLevel consistency;
    private final TimeUnit precision;

    BatchPoints(final Builder builder, final Map<String, String> tags, final List<Point> points) {
        this.database = builder.database;
        this.retentionPolicy = builder.retentionPolicy;
        this.tags = tags;
        this.points = points;
        this.consistency = builder.consistency == null ? ConsistencyLevel.ONE : builder.consistency;
        this.precision = builder.precision == null ? TimeUnit.NANOSECONDS : builder.precision;
    }

    /**
     * Begins a batch for the database that the client is set to.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder(null);
    }

    /**
     * Begins a batch.
     *
     * @param database the database
     * @return a builder
     */
    public static Builder database(final String database) {
        return new Builder(database);
    }

    /**
     * The database.
     *
     * @return the database, or {@code null} for the one that the client is set to
     */
    public String getDatabase() {
        return database;
    }

    /**
     * The retention policy.
     *
     * @return the retention policy, or {@code null} for the database's default
     */
    public String getRetentionPolicy() {
        return retentionPolicy;
    }

    /**
     * The points.
     *
     * @return the batch's own list
     */
    public List<Point> getPoints() {
        return points;
    }

    /**
     * The unit that the points' times are written in.
     *
     * @return the unit
     */
    public TimeUnit getPrecision() {
        return precision;
    }

    /**
     * Adds a point, which is given the batch's tags.
     *
     * @param point the point
     * @return this batch
     * @throws NullPointerException if the point is {@code null}
     */
    public BatchPoints point(final Point point) {
        point.addTags(tags);
        points.add(point);
        return this;
    }

    /**
     * The tags that every point of the batch is given.
     *
     * @return the batch's own map
     */
    public Map<String, String> getTags() {
        return tags;
    }

    /**
     * How many replicas must have the points before the write succeeds.
     *
     * @return the level
     */
    public ConsistencyLevel getConsistency() {
        return consistency;
    }

    @Override
    public boolean equals(final Object obj) {
        if (this == obj) {
            return true;
        }
        if (obj == null || getClass() != obj.getClass()) {
            return false;
        }
        BatchPoints that = (BatchPoints) obj;
        return Objects.equals(database, that.database)
                && Objects.equals(retentionPolicy, that.retentionPolicy)
                && Objects.equals(tags, that.tags)
                && Objects.equals(points, that.points)
                && consistency == that.consistency
                && precision == that.precision;
    }

    @Override
    public int hashCode() {
        return Objects.hash(database, retentionPolicy, tags, points, consistency, precision);
    }

    @Override
    public String toString() {
        return "BatchPoints [database=" + database
                + ", retentionPolicy=" + retentionPolicy
                + ", consistency=" + consistency
                + ", tags=" + tags
                + ", precision=" + precision
                + ", points=" + points
                + "]";
    }

    /**
     * The points in line protocol, in the batch's precision.
     *
     * @return a line for each point, every one with a line feed behind it; the line of a point is
     *     empty if no field has a value that line protocol can carry
     */
    public String lineProtocol() {
        StringBuilder lines = new StringBuilder(LineProtocol.USUAL_LENGTH);
        for (Point point : points) {
            LineProtocol.append(lines, point, precision);
            lines.append('\n');
        }
        return lines.toString();
    }

    /**
     * Whether another batch's points can be written together with these without a difference.
     *
     * @param that the other batch
     * @return {@code true} if database, retention policy, tags, consistency and precision are the same
     * @throws NullPointerException if the other batch is {@code null}
     */
    public boolean isMergeAbleWith(final BatchPoints that) {
        return Objects.equals(database, that.database)
                && Objects.equals(retentionPolicy, that.retentionPolicy)
                && Objects.equals(tags, that.tags)
                && consistency == that.consistency
                && (precision == that.precision || Legacy.isOn());
    }

    /**
     * Takes another batch's points in, if they {@linkplain #isMergeAbleWith can be written together} with these.
     *
     * @param that the batch whose points are added here; it keeps them, too
     * @return whether they were added
     * @throws NullPointerException if the other batch is {@code null}
     */
    public boolean mergeIn(final BatchPoints that) {
        boolean can = isMergeAbleWith(that);
        if (can) {
            points.addAll(that.points);
        }
        return can;
    }

    /**
     * Makes batches. Not safe for use by several threads.
     *
     * <p>A builder can go on after {@link #build()}: what it is given then belongs to the batches built
     * later.
     */
    public static final class Builder {

        private final String database;
        private String retentionPolicy;
        private final Map<String, String> tags = new TreeMap<>();
        private final List<Point> points = new ArrayList<>();
        private ConsistencyLevel consistency;
        private TimeUnit precision;

        Builder(final String database) {
            this.database = database;
        }

        /**
         * Sets the retention policy.
         *
         * @param policy the retention policy, {@code null} for the database's default
         * @return this builder
         */
        public Builder retentionPolicy(final String policy) {
            this.retentionPolicy = policy;
            return this;
        }

        /**
         * Sets a tag for every point of the batch, over the point's own of that name. A tag without a
         * name or a value is left out.
         *
         * @param tagName the tag
         * @param value its value
         * @return this builder
         * @throws NullPointerException if one of them is {@code null}
         */
        public Builder tag(final String tagName, final String value) {
            if (Legacy.isOn()) {
                tags.put(tagName, value);
                return this;
            }
            Objects.requireNonNull(tagName, "tagName");
            Objects.requireNonNull(value, "value");
            if (!tagName.isEmpty() && !value.isEmpty()) {
                tags.put(tagName, value);
            }
            return this;
        }

        /**
         * Adds a point.
         *
         * @param pointToAdd the point
         * @return this builder
         */
        public Builder point(final Point pointToAdd) {
            points.add(pointToAdd);
            return this;
        }

        /**
         * Adds points.
         *
         * @param pointsToAdd the points
         * @return this builder
         */
        public Builder points(final Point... pointsToAdd) {
            return points(Arrays.asList(pointsToAdd));
        }

        /**
         * Adds points.
         *
         * @param pointsToAdd the points
         * @return this builder
         * @throws NullPointerException if the collection is {@code null}
         */
        public Builder points(final Collection<Point> pointsToAdd) {
            points.addAll(pointsToAdd);
            return this;
        }

        /**
         * Sets how many replicas must have the points before the write succeeds.
         *
         * @param consistencyLevel the level, {@code null} for one
         * @return this builder
         */
        public Builder consistency(final ConsistencyLevel consistencyLevel) {
            this.consistency = consistencyLevel;
            return this;
        }

        /**
         * Sets the unit that the points' times are written in.
         *
         * @param precisionToSet the unit, {@code null} for nanoseconds
         * @return this builder
         */
        public Builder precision(final TimeUnit precisionToSet) {
            this.precision = precisionToSet;
            return this;
        }

        /**
         * The batch. Every point is given the batch's tags, in its own object.
         *
         * @return the batch
         * @throws NullPointerException if a point is {@code null}
         * @throws IllegalArgumentException if a tag is one that line protocol cannot carry
         */
        public BatchPoints build() {
            boolean legacy = Legacy.isOn();
            if (!legacy) {
                tags.forEach((tag, value) -> {
                    LineProtocol.checkName("a tag's name", tag);
                    LineProtocol.checkName("tag " + tag, value);
                });
            }
            for (Point point : points) {
                point.addTags(tags);
            }
            return legacy
                    ? new BatchPoints(this, tags, points)
                    : new BatchPoints(this, new TreeMap<>(tags), new ArrayList<>(points));
        }
    }
}
