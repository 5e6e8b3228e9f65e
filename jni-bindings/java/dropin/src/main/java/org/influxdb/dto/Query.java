package org.influxdb.dto;

import com.squareup.moshi.JsonWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import okio.Buffer;

/** A command in InfluxQL, with its database and the values bound to its parameters. Not safe for concurrent binding. */
public class Query {

    /** The values bound, by the parameters' names; values are numbers, booleans and texts. */
    protected final Map<String, Object> params = new HashMap<>();

    private final String command;
    private final String database;
    private final boolean requiresPost;

    /**
     * A command that names its database itself, or needs none.
     *
     * @param command InfluxQL
     */
    public Query(final String command) {
        this(command, null);
    }

    /**
     * A command that reads.
     *
     * @param command InfluxQL
     * @param database the database, or {@code null}
     */
    public Query(final String command, final String database) {
        this(command, database, false);
    }

    /**
     * A command.
     *
     * @param command InfluxQL
     * @param database the database, or {@code null}
     * @param requiresPost whether it must be sent by {@code POST}, as commands that change something must be
     */
    public Query(final String command, final String database, final boolean requiresPost) {
        this.command = command;
        this.database = database;
        this.requiresPost = requiresPost;
    }

    /**
     * The command.
     *
     * @return InfluxQL
     */
    public String getCommand() {
        return command;
    }

    /**
     * The command as a URL's query has it.
     *
     * @return the command, encoded
     */
    public String getCommandWithUrlEncoded() {
        return encode(command);
    }

    /**
     * The database.
     *
     * @return the database, or {@code null}
     */
    public String getDatabase() {
        return database;
    }

    /**
     * Whether the command must be sent by {@code POST}.
     *
     * @return {@code true} for {@code POST}
     */
    public boolean requiresPost() {
        return requiresPost;
    }

    /**
     * Binds a value to a parameter, which the command names with a {@code $} before it.
     *
     * @param placeholder the parameter's name
     * @param value the value: numbers and booleans stay what they are, anything else is bound as its text
     * @return this query
     */
    public Query bindParameter(final String placeholder, final Object value) {
        params.put(placeholder, value);
        return this;
    }

    /**
     * Whether a value is bound.
     *
     * @return {@code true} if at least one is
     */
    public boolean hasBoundParameters() {
        return !params.isEmpty();
    }

    /**
     * The bound values as a URL's query has them.
     *
     * @return a JSON object, encoded
     * @throws IllegalArgumentException if a number is not finite
     */
    public String getParameterJsonWithUrlEncoded() {
        return encode(parameterJson());
    }

    private String parameterJson() {
        Buffer buffer = new Buffer();
        try (JsonWriter writer = JsonWriter.of(buffer)) {
            writer.beginObject();
            for (Map.Entry<String, Object> param : params.entrySet()) {
                writer.name(param.getKey());
                Object value = param.getValue();
                if (value instanceof Number) {
                    writer.value((Number) value);
                } else if (value instanceof Boolean) {
                    writer.value((Boolean) value);
                } else {
                    writer.value(String.valueOf(value));
                }
            }
            writer.endObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a buffer in memory failed", e);
        }
        return buffer.readUtf8();
    }

    @Override
    public boolean equals(final Object obj) {
        if (this == obj) {
            return true;
        }
        if (obj == null || getClass() != obj.getClass()) {
            return false;
        }
        Query that = (Query) obj;
        return Objects.equals(command, that.command)
                && Objects.equals(database, that.database)
                && params.equals(that.params);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Objects.hashCode(command) + Objects.hashCode(database)) + params.hashCode();
    }

    /**
     * A text as a URL's query has it, in UTF-8 and with {@code +} for a space.
     *
     * @param command the text
     * @return the text, encoded
     */
    public static String encode(final String command) {
        return URLEncoder.encode(command, StandardCharsets.UTF_8);
    }
}
