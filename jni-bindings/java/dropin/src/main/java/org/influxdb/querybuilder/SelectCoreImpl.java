package org.influxdb.querybuilder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ConjunctionClause;
import org.influxdb.querybuilder.clauses.FromClause;
import org.influxdb.querybuilder.clauses.RawTextClause;
import org.influxdb.querybuilder.clauses.SubQueryFromClause;

/**
 * The clauses of a {@code SELECT} and its text. Not safe for use by several threads.
 *
 * @param <T> the type of its conditions
 */
@SuppressWarnings("unchecked")
public class SelectCoreImpl<T extends Where> implements Select, QueryStringBuilder, WithSubquery {

    private static final Set<String> FILLS = Set.of("linear", "none", "null", "previous");

    /** The conditions. */
    protected final T where;

    private final List<Object> columns;
    private final boolean distinct;
    private final String into;
    private FromClause from;
    private Object fill;
    private boolean filled;
    private List<Object> groupBy;
    private List<Ordering> orderBy;
    private Integer limit;
    private Long offset;
    private Integer sLimit;
    private Long sOffset;
    private TimeZone timeZone;

    /**
     * A query without conditions yet.
     *
     * @param selection what it selects
     * @param into where the result goes, or {@code null}
     * @param from what it reads from, or {@code null} to be set later
     */
    SelectCoreImpl(final SelectionCoreImpl selection, final String into, final FromClause from) {
        this.columns = selection.columns();
        this.distinct = selection.isDistinct;
        this.into = into;
        this.from = from;
        this.where = (T) new WhereCoreImpl<>(this);
    }

    @Override
    public T where() {
        return where;
    }

    @Override
    public T where(final Clause clause) {
        return where.and(clause);
    }

    @Override
    public T where(final String text) {
        return where.and(new RawTextClause(text));
    }

    @Override
    public Select orderBy(final Ordering ordering) {
        this.orderBy = Collections.singletonList(ordering);
        return this;
    }

    @Override
    public Select groupBy(final Object... columns) {
        this.groupBy = new ArrayList<>(Arrays.asList(columns));
        return this;
    }

    @Override
    public Select fill(final Number value) {
        this.fill = value;
        this.filled = true;
        return this;
    }

    @Override
    public Select fill(final String value) {
        if (value == null || !FILLS.contains(value)) {
            throw new IllegalArgumentException("Please give a numeric value or linear, none, null, previous");
        }
        this.fill = new RawText(value);
        this.filled = true;
        return this;
    }

    @Override
    public Select limit(final int limit) {
        checkPositive(limit > 0, "Invalid LIMIT value, must be strictly positive");
        checkUnset(this.limit, "LIMIT");
        this.limit = limit;
        return this;
    }

    @Override
    public Select limit(final int limit, final long offSet) {
        checkPositive(limit > 0 && offSet > 0, "Invalid LIMIT and OFFSET Value, must be strictly positive");
        this.limit = limit;
        this.offset = offSet;
        return this;
    }

    @Override
    public Select sLimit(final int sLimit) {
        checkPositive(sLimit > 0, "Invalid SLIMIT value, must be strictly positive");
        checkUnset(this.sLimit, "SLIMIT");
        this.sLimit = sLimit;
        return this;
    }

    @Override
    public Select sLimit(final int sLimit, final long sOffSet) {
        checkPositive(sLimit > 0 && sOffSet > 0, "Invalid LIMIT and OFFSET Value, must be strictly positive");
        this.sLimit = sLimit;
        this.sOffset = sOffSet;
        return this;
    }

    private static void checkUnset(final Integer limit, final String name) {
        if (limit != null) {
            throw new IllegalStateException("A " + name + " value has already been provided");
        }
    }

    private static void checkPositive(final boolean positive, final String message) {
        if (!positive) {
            throw new IllegalArgumentException(message);
        }
    }

    @Override
    public Select tz(final String timezone) {
        this.timeZone = new TimeZone(timezone);
        return this;
    }

    @Override
    public void setSubQuery(final QueryStringBuilder query) {
        this.from = new SubQueryFromClause(query);
    }

    @Override
    public StringBuilder buildQueryString() {
        return buildQueryString(new StringBuilder());
    }

    @Override
    public StringBuilder buildQueryString(final StringBuilder builder) {
        builder.append("SELECT ");
        appendSelection(builder);
        if (into != null) {
            builder.append(" INTO ").append(into);
        }
        if (from == null) {
            throw new IllegalStateException();
        }
        builder.append(" FROM ");
        from.appendTo(builder);
        List<ConjunctionClause> clauses = where.getClauses();
        if (!clauses.isEmpty()) {
            Appender.joinAndAppend(builder.append(" WHERE "), clauses);
        }
        if (groupBy != null) {
            Appender.joinAndAppendNames(builder.append(" GROUP BY "), groupBy);
        }
        if (filled) {
            Appender.appendValue(fill, builder.append(" fill(")).append(')');
        }
        if (orderBy != null) {
            Appender.joinAndAppend(builder.append(" ORDER BY "), ",", orderBy);
        }
        appendLimits(builder);
        if (timeZone != null) {
            timeZone.appendTo(builder.append(' '));
        }
        return trimmed(builder);
    }

    /** Without the spaces at its end, which a text of the caller's may have brought. */
    static StringBuilder trimmed(final StringBuilder text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) <= ' ') {
            end--;
        }
        text.setLength(end);
        return text;
    }

    private void appendSelection(final StringBuilder builder) {
        if (distinct) {
            if (columns.size() > 1) {
                throw new IllegalStateException("DISTINCT function can only be used with one column");
            }
            builder.append("DISTINCT ");
        }
        if (columns.isEmpty()) {
            builder.append('*');
        } else {
            Appender.joinAndAppendNames(builder, columns);
        }
    }

    private void appendLimits(final StringBuilder builder) {
        append(builder, " LIMIT ", limit);
        append(builder, " OFFSET ", offset);
        append(builder, " SLIMIT ", sLimit);
        append(builder, " SOFFSET ", sOffset);
    }

    private static void append(final StringBuilder builder, final String name, final Number value) {
        if (value != null) {
            builder.append(name).append(value);
        }
    }
}
