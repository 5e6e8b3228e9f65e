package org.influxdb.querybuilder;

import java.util.List;
import java.util.regex.Pattern;
import org.influxdb.querybuilder.clauses.ConjunctionClause;

/** Writes the terms of queries. */
public final class Appender {

    private static final Pattern PLAIN_NAME = Pattern.compile("\\w+");

    private Appender() {}

    /**
     * Writes conditions one behind the other, each but the first with what joins it to those before.
     *
     * @param stringBuilder takes the text
     * @param values the conditions
     * @return the builder given
     */
    public static StringBuilder joinAndAppend(
            final StringBuilder stringBuilder, final List<? extends ConjunctionClause> values) {
        boolean first = true;
        for (ConjunctionClause clause : values) {
            if (!first) {
                clause.join(stringBuilder);
            }
            first = false;
            clause.appendTo(stringBuilder);
        }
        return stringBuilder;
    }

    /**
     * Writes parts with a text between them.
     *
     * @param stringBuilder takes the text
     * @param separator the text between
     * @param values the parts
     * @return the builder given
     */
    public static StringBuilder joinAndAppend(
            final StringBuilder stringBuilder, final String separator, final List<? extends Appendable> values) {
        String before = "";
        for (Appendable value : values) {
            stringBuilder.append(before);
            value.appendTo(stringBuilder);
            before = separator;
        }
        return stringBuilder;
    }

    /**
     * Writes names with commas between them.
     *
     * @param stringBuilder takes the text
     * @param values the names, see {@link #appendName(Object, StringBuilder)}
     * @return the builder given
     * @throws IllegalArgumentException if one of them is no name
     */
    public static StringBuilder joinAndAppendNames(final StringBuilder stringBuilder, final List<?> values) {
        String before = "";
        for (Object value : values) {
            stringBuilder.append(before);
            appendName(value, stringBuilder);
            before = ",";
        }
        return stringBuilder;
    }

    /**
     * Writes a value: a {@code String} in single quotes as it is, whatever it holds; for a text from
     * outside bind a parameter instead.
     *
     * @param value the value; {@code null} becomes a question mark
     * @param stringBuilder takes the text
     * @return the builder given
     */
    public static StringBuilder appendValue(final Object value, final StringBuilder stringBuilder) {
        if (value == null) {
            stringBuilder.append('?');
        } else if (value instanceof Appendable) {
            ((Appendable) value).appendTo(stringBuilder);
        } else if (value instanceof Function) {
            appendFunction((Function) value, stringBuilder);
        } else if (value instanceof Column) {
            appendName(((Column) value).getName(), stringBuilder);
        } else if (value instanceof Placeholder) {
            stringBuilder.append('$').append(((Placeholder) value).getName());
        } else if (value instanceof String) {
            stringBuilder.append('\'').append(value).append('\'');
        } else {
            stringBuilder.append(value);
        }
        return stringBuilder;
    }

    private static void appendFunction(final Function function, final StringBuilder stringBuilder) {
        stringBuilder.append(function.getName()).append('(');
        String before = "";
        for (Object parameter : function.getParameters()) {
            stringBuilder.append(before);
            appendValue(parameter, stringBuilder);
            before = ",";
        }
        stringBuilder.append(')');
    }

    /**
     * Writes a name, in double quotes unless it has none but letters, digits and underscores of ASCII,
     * or begins with a double quote.
     *
     * @param name the name; spaces around it are left out
     * @param stringBuilder takes the text
     * @return the builder given
     */
    public static StringBuilder appendName(final String name, final StringBuilder stringBuilder) {
        String trimmed = name.trim();
        if (trimmed.startsWith("\"") || PLAIN_NAME.matcher(trimmed).matches()) {
            stringBuilder.append(trimmed);
        } else {
            stringBuilder.append('"').append(trimmed).append('"');
        }
        return stringBuilder;
    }

    /**
     * Writes what a column can be: a name, a function, a text, an operation, or one of them under a name.
     *
     * @param name the column
     * @param stringBuilder takes the text
     * @return the builder given
     * @throws IllegalArgumentException if it is nothing of that, or {@code null}
     */
    public static StringBuilder appendName(final Object name, final StringBuilder stringBuilder) {
        if (name instanceof String) {
            appendName((String) name, stringBuilder);
        } else if (name instanceof Column) {
            appendName(((Column) name).getName(), stringBuilder);
        } else if (name instanceof Function) {
            appendFunction((Function) name, stringBuilder);
        } else if (name instanceof Alias) {
            Alias alias = (Alias) name;
            appendName(alias.getColumn(), stringBuilder);
            stringBuilder.append(" AS ").append(alias.getAlias());
        } else if (name instanceof Distinct) {
            stringBuilder.append("DISTINCT ");
            appendName(((Distinct) name).getExpression(), stringBuilder);
        } else if (name instanceof Appendable) {
            ((Appendable) name).appendTo(stringBuilder);
        } else {
            throw new IllegalArgumentException("Invalid type");
        }
        return stringBuilder;
    }
}
