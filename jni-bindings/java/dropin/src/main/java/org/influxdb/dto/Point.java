package org.influxdb.dto;

import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.influxdb.annotation.Measurement;
import org.influxdb.impl.Legacy;
import org.influxdb.impl.Preconditions;

/**
 * A point: a measurement, tags, fields and a time.
 *
 * <p>A point does not change once it is built, but for the tags a {@link BatchPoints} gives to its
 * points; apart from that it is safe for use by several threads.
 */
public class Point {

    private final String measurement;
    private final SortedMap<String, Object> fields;
    private final Number time;
    private final TimeUnit precision;
    /** Replaced as a whole by {@link #addTags}. */
    private volatile SortedMap<String, String> tags;

    Point(
            final String measurement,
            final SortedMap<String, String> tags,
            final SortedMap<String, Object> fields,
            final Number time,
            final TimeUnit precision) {
        this.measurement = measurement;
        this.tags = tags;
        this.fields = fields;
        this.time = time;
        this.precision = precision;
    }

    /**
     * Begins a point.
     *
     * @param measurement the measurement
     * @return a builder
     */
    public static Builder measurement(final String measurement) {
        return new Builder(measurement);
    }

    /**
     * Begins a point of the measurement that a class is marked with.
     *
     * @param clazz a class marked with {@link Measurement}
     * @return a builder
     * @throws NullPointerException if the class is {@code null}
     * @throws IllegalArgumentException if it is not marked
     */
    public static Builder measurementByPOJO(final Class<?> clazz) {
        Objects.requireNonNull(clazz, "clazz");
        Measurement marked = clazz.getAnnotation(Measurement.class);
        if (marked == null) {
            throw new IllegalArgumentException("Class " + clazz.getName() + " is not annotated with @Measurement");
        }
        return new Builder(marked.name());
    }

    String measurement() {
        return measurement;
    }

    SortedMap<String, String> tags() {
        return tags;
    }

    Map<String, Object> fields() {
        return fields;
    }

    Number time() {
        return time;
    }

    TimeUnit precision() {
        return precision;
    }

    /** Sets tags over the ones there are. */
    void addTags(final Map<String, String> more) {
        if (!more.isEmpty()) {
            SortedMap<String, String> all = new TreeMap<>(tags);
            all.putAll(more);
            tags = all;
        }
    }

    @Override
    public boolean equals(final Object obj) {
        if (this == obj) {
            return true;
        }
        if (obj == null || getClass() != obj.getClass()) {
            return false;
        }
        Point that = (Point) obj;
        return Objects.equals(measurement, that.measurement)
                && Objects.equals(tags, that.tags)
                && Objects.equals(time, that.time)
                && precision == that.precision
                && Objects.equals(fields, that.fields);
    }

    @Override
    public int hashCode() {
        return Objects.hash(measurement, tags, time, precision, fields);
    }

    @Override
    public String toString() {
        return "Point [name=" + measurement
                + (time == null ? "" : ", time=" + time)
                + ", tags=" + tags
                + (precision == null ? "" : ", precision=" + precision)
                + ", fields=" + fields
                + "]";
    }

    /**
     * The point in line protocol, its time in nanoseconds.
     *
     * @return the line without a line feed, empty if no field has a value that line protocol can carry
     */
    public String lineProtocol() {
        return lineProtocol(null);
    }

    /**
     * The point in line protocol.
     *
     * @param precision the unit of the time, cut off towards zero; {@code null} for nanoseconds
     * @return the line without a line feed, empty if no field has a value that line protocol can carry
     */
    public String lineProtocol(final TimeUnit precision) {
        StringBuilder line = new StringBuilder(LineProtocol.USUAL_LENGTH);
        LineProtocol.append(line, this, precision);
        return line.toString();
    }

    /**
     * Makes points. Not safe for use by several threads.
     *
     * <p>A builder can go on after {@link #build()}: what it is given then belongs to the points built
     * later.
     */
    public static final class Builder {

        private final String measurement;
        private SortedMap<String, String> tags = new TreeMap<>();
        private SortedMap<String, Object> fields = new TreeMap<>();
        private Number time;
        private TimeUnit precision;
        /** Whether a built point holds the two maps. */
        private boolean shared;

        Builder(final String measurement) {
            this.measurement = measurement;
        }

        /** Before a change: maps that a point holds are left to it. */
        private void own() {
            if (shared && !Legacy.isOn()) {
                tags = new TreeMap<>(tags);
                fields = new TreeMap<>(fields);
                shared = false;
            }
        }

        /**
         * Sets a tag. A tag without a name or a value is left out.
         *
         * @param tagName the tag
         * @param value its value
         * @return this builder
         * @throws NullPointerException if one of them is {@code null}
         */
        public Builder tag(final String tagName, final String value) {
            Objects.requireNonNull(tagName, "tagName");
            Objects.requireNonNull(value, "value");
            if (!tagName.isEmpty() && !value.isEmpty()) {
                own();
                tags.put(tagName, value);
            }
            return this;
        }

        /**
         * Sets tags.
         *
         * @param tagsToAdd the tags
         * @return this builder
         * @throws NullPointerException if the map, a tag or a value is {@code null}
         */
        public Builder tag(final Map<String, String> tagsToAdd) {
            tagsToAdd.forEach(this::tag);
            return this;
        }

        /** Sets a tag whatever its text is. */
        void putTag(final String tag, final String value) {
            own();
            tags.put(tag, value);
        }

        Builder putField(final String field, final Object value) {
            own();
            fields.put(field, value);
            return this;
        }

        /**
         * Sets a field. Integers become floats; an object that is neither a number, a boolean nor a
         * {@code String} is written as its bare text.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         * @deprecated an integer loses its type and, beyond 2<sup>53</sup>, its value: use {@code addField}
         */
        @Deprecated
        public Builder field(final String field, final Object value) {
            boolean integer = value instanceof Byte
                    || value instanceof Short
                    || value instanceof Integer
                    || value instanceof Long
                    || value instanceof java.math.BigInteger;
            return putField(field, integer ? (Object) ((Number) value).doubleValue() : value);
        }

        /**
         * Sets a boolean field.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final boolean value) {
            return putField(field, value);
        }

        /**
         * Sets an integer field.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final long value) {
            return putField(field, value);
        }

        /**
         * Sets a float field.
         *
         * @param field the field
         * @param value its value; one that is not finite is left out of the line
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final double value) {
            return putField(field, value);
        }

        /**
         * Sets an integer field.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final int value) {
            return putField(field, value);
        }

        /**
         * Sets a float field.
         *
         * @param field the field
         * @param value its value; one that is not finite is left out of the line
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final float value) {
            return putField(field, value);
        }

        /**
         * Sets an integer field.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final short value) {
            return putField(field, value);
        }

        /**
         * Sets a field to a number: a float for floats and {@link java.math.BigDecimal}, else an integer.
         *
         * @param field the field
         * @param value its value; the field is left out of the line if it is {@code null}
         * @return this builder
         * @throws NullPointerException if the field is {@code null}
         */
        public Builder addField(final String field, final Number value) {
            return putField(field, value);
        }

        /**
         * Sets a text field.
         *
         * @param field the field
         * @param value its value
         * @return this builder
         * @throws NullPointerException if one of them is {@code null}
         */
        public Builder addField(final String field, final String value) {
            Objects.requireNonNull(value, "value");
            return putField(field, value);
        }

        /**
         * Sets fields. Integers stay integers; an object that is neither a number, a boolean nor a
         * {@code String} is written as its bare text.
         *
         * @param fieldsToAdd the fields; one whose value is {@code null} is left out of the line
         * @return this builder
         * @throws NullPointerException if the map or a field is {@code null}
         */
        public Builder fields(final Map<String, Object> fieldsToAdd) {
            own();
            fields.putAll(fieldsToAdd);
            return this;
        }

        /**
         * Sets the time.
         *
         * @param timeToSet the time since 1970, UTC
         * @param precisionToSet its unit
         * @return this builder
         * @throws NullPointerException if one of them is {@code null}
         */
        public Builder time(final Number timeToSet, final TimeUnit precisionToSet) {
            this.time = Objects.requireNonNull(timeToSet, "timeToSet");
            this.precision = Objects.requireNonNull(precisionToSet, "precisionToSet");
            return this;
        }

        /**
         * Sets the time.
         *
         * @param timeToSet the time since 1970, UTC
         * @param precisionToSet its unit
         * @return this builder
         * @throws NullPointerException if the unit is {@code null}
         */
        public Builder time(final long timeToSet, final TimeUnit precisionToSet) {
            return time((Number) timeToSet, precisionToSet);
        }

        /**
         * Sets the time.
         *
         * @param timeToSet the time since 1970, UTC
         * @param precisionToSet its unit
         * @return this builder
         * @throws NullPointerException if one of them is {@code null}
         */
        public Builder time(final Long timeToSet, final TimeUnit precisionToSet) {
            return time((Number) timeToSet, precisionToSet);
        }

        /**
         * Whether a field is set.
         *
         * @return {@code true} if at least one is
         */
        public boolean hasFields() {
            return !fields.isEmpty();
        }

        /**
         * Sets tags, fields and the time from an object: from the fields of its class, and of the
         * classes it extends, that are marked with {@link org.influxdb.annotation.Column}.
         *
         * @param pojo an object of a class that is marked with {@link Measurement}
         * @return this builder
         * @throws NullPointerException if the object is {@code null}
         * @throws org.influxdb.BuilderException if its class has no column
         */
        public Builder addFieldsFromPOJO(final Object pojo) {
            new ObjectReader(this).read(pojo);
            return this;
        }

        /**
         * The point.
         *
         * @return the point
         * @throws IllegalArgumentException if there is no measurement or no field, or if a name, a tag
         *     or a value is one that line protocol cannot carry and the server would take for something else
         */
        public Point build() {
            Preconditions.checkNonEmptyString(measurement, "measurement");
            Preconditions.checkPositiveNumber(fields.size(), "fields size");
            if (!Legacy.isOn()) {
                check();
            }
            shared = true;
            return new Point(measurement, tags, fields, time, time == null ? TimeUnit.NANOSECONDS : precision);
        }

        private void check() {
            LineProtocol.checkMeasurement(measurement);
            tags.forEach((tag, value) -> {
                LineProtocol.checkName("a tag's name", tag);
                LineProtocol.checkName("tag " + tag, value);
            });
            fields.forEach((field, value) -> {
                LineProtocol.checkName("a field's name", field);
                LineProtocol.checkValue(field, value);
            });
        }
    }
}
