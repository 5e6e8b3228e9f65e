package org.influxdb.querybuilder;

import org.influxdb.dto.Query;
import org.influxdb.impl.Legacy;
import org.influxdb.querybuilder.clauses.AddRelativeTimeClause;
import org.influxdb.querybuilder.clauses.Clause;
import org.influxdb.querybuilder.clauses.ContainsClause;
import org.influxdb.querybuilder.clauses.NegativeRegexClause;
import org.influxdb.querybuilder.clauses.OperationClause;
import org.influxdb.querybuilder.clauses.RegexClause;
import org.influxdb.querybuilder.clauses.SimpleClause;
import org.influxdb.querybuilder.clauses.SubRelativeTimeClause;
import org.influxdb.querybuilder.time.TimeInterval;

/** A query whose text is written from its parts. Not safe for use by several threads. */
public abstract class BuiltQuery extends Query implements QueryStringBuilder {

    /**
     * A query that reads.
     *
     * @param database the database
     */
    public BuiltQuery(final String database) {
        super(null, database);
    }

    /**
     * A query.
     *
     * @param database the database
     * @param requiresPost whether it must be sent by {@code POST}
     */
    public BuiltQuery(final String database, final boolean requiresPost) {
        super(null, database, requiresPost);
    }

    /**
     * The query's text, with a semicolon at its end.
     *
     * @return InfluxQL
     */
    @Override
    public String getCommand() {
        StringBuilder text = SelectCoreImpl.trimmed(buildQueryString(new StringBuilder()));
        boolean ended = text.length() > 0 && text.charAt(text.length() - 1) == ';';
        return (ended ? text : text.append(';')).toString();
    }

    @Override
    public String getCommandWithUrlEncoded() {
        return encode(getCommand());
    }

    @Override
    public boolean equals(final Object obj) {
        if (this == obj) {
            return true;
        }
        return super.equals(obj) && (Legacy.isOn() || getCommand().equals(((BuiltQuery) obj).getCommand()));
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    /** Begins queries, and makes their conditions. */
    public static final class QueryBuilder {

        private QueryBuilder() {}

        /**
         * Begins a query.
         *
         * @param columns the columns; without any it selects them all
         * @return what it selects
         * @throws NullPointerException if the array is {@code null}
         */
        public static SelectionQueryImpl select(final String... columns) {
            return select((Object[]) columns);
        }

        /**
         * Begins a query.
         *
         * @param columns the columns; without any it selects them all
         * @return what it selects
         * @throws NullPointerException if the array is {@code null}
         */
        public static SelectionQueryImpl select(final Object... columns) {
            return new SelectionQueryImpl(new SelectionCoreImpl(columns));
        }

        /**
         * Holds where a column is equal to a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause eq(final String name, final Object value) {
            return new SimpleClause(name, Operations.EQ, value);
        }

        /**
         * Holds where an expression is equal to another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause eq(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.EQ, arg2);
        }

        /**
         * Holds where a column is not equal to a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause ne(final String name, final Object value) {
            return new SimpleClause(name, Operations.NE, value);
        }

        /**
         * Holds where an expression is not equal to another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause ne(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.NE, arg2);
        }

        /**
         * Holds where a column is not equal to a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause neq(final String name, final Object value) {
            return new SimpleClause(name, Operations.NEQ, value);
        }

        /**
         * Holds where an expression is not equal to another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause neq(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.NEQ, arg2);
        }

        /**
         * Holds where a column is less than a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause lt(final String name, final Object value) {
            return new SimpleClause(name, Operations.LT, value);
        }

        /**
         * Holds where an expression is less than another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause lt(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.LT, arg2);
        }

        /**
         * Holds where a column is at most a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause lte(final String name, final Object value) {
            return new SimpleClause(name, Operations.LTE, value);
        }

        /**
         * Holds where an expression is at most another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause lte(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.LTE, arg2);
        }

        /**
         * Holds where a column is greater than a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause gt(final String name, final Object value) {
            return new SimpleClause(name, Operations.GT, value);
        }

        /**
         * Holds where an expression is greater than another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause gt(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.GT, arg2);
        }

        /**
         * Holds where a column is at least a value.
         *
         * @param name the column
         * @param value the value
         * @return the condition
         */
        public static Clause gte(final String name, final Object value) {
            return new SimpleClause(name, Operations.GTE, value);
        }

        /**
         * Holds where an expression is at least another.
         *
         * @param arg1 the expression on the left
         * @param arg2 the expression on the right
         * @return the condition
         */
        public static Clause gte(final Object arg1, final Object arg2) {
            return new OperationClause(arg1, Operations.GTE, arg2);
        }

        /**
         * Holds where a column has a text somewhere.
         *
         * @param name the column
         * @param value the text, which is a regular expression without its slashes
         * @return the condition
         */
        public static Clause contains(final String name, final String value) {
            return new ContainsClause(name, value);
        }

        /**
         * Holds where a column matches a regular expression.
         *
         * @param name the column
         * @param value the expression with its slashes
         * @return the condition
         * @throws IllegalArgumentException if the expression is {@code null}
         */
        public static Clause regex(final String name, final String value) {
            return new RegexClause(name, value);
        }

        /**
         * Holds where a column does not match a regular expression.
         *
         * @param name the column
         * @param value the expression with its slashes
         * @return the condition
         * @throws IllegalArgumentException if the expression is {@code null}
         */
        public static Clause nregex(final String name, final String value) {
            return new NegativeRegexClause(name, value);
        }

        /**
         * A time after the server's own.
         *
         * @param duration how many units
         * @param literal the unit
         * @return the time
         */
        public static Clause addTime(final long duration, final String literal) {
            return new AddRelativeTimeClause(new TimeInterval(duration, literal));
        }

        /**
         * A time before the server's own.
         *
         * @param duration how many units
         * @param literal the unit
         * @return the time
         */
        public static Clause subTime(final long duration, final String literal) {
            return new SubRelativeTimeClause(new TimeInterval(duration, literal));
        }

        /**
         * The oldest rows first.
         *
         * @return the order
         */
        public static Ordering asc() {
            return new Ordering(false);
        }

        /**
         * The newest rows first.
         *
         * @return the order
         */
        public static Ordering desc() {
            return new Ordering(true);
        }

        /**
         * Text that stands in the query as it is.
         *
         * @param str the text
         * @return the text as an expression
         */
        public static Object raw(final String str) {
            return new RawText(str);
        }

        /**
         * The greatest value of a column.
         *
         * @param column the column
         * @return the expression
         */
        public static Object max(final Object column) {
            return FunctionFactory.max(column);
        }

        /**
         * The least value of a column.
         *
         * @param column the column
         * @return the expression
         */
        public static Object min(final Object column) {
            return FunctionFactory.min(column);
        }

        /**
         * Groups of rows of equal lengths of time.
         *
         * @param timeInterval how many units a group is long
         * @param durationLiteral the unit
         * @return the expression
         */
        public static Object time(final Long timeInterval, final String durationLiteral) {
            return FunctionFactory.time(timeInterval, durationLiteral);
        }

        /**
         * A length of time.
         *
         * @param timeInterval how many units
         * @param durationLiteral the unit
         * @return the expression
         */
        public static TimeInterval ti(final Long timeInterval, final String durationLiteral) {
            return new TimeInterval(timeInterval, durationLiteral);
        }

        /**
         * An operation on a column.
         *
         * @param column the column
         * @param op the operator
         * @param arg2 the value on the right
         * @return the expression
         */
        public static SimpleClause cop(final String column, final String op, final Object arg2) {
            return new SimpleClause(column, op, arg2);
        }

        /**
         * An operation.
         *
         * @param arg1 the value on the left
         * @param op the operator
         * @param arg2 the value on the right
         * @return the expression
         */
        public static OperationClause op(final Object arg1, final String op, final Object arg2) {
            return new OperationClause(arg1, op, arg2);
        }

        /**
         * Groups of rows of equal lengths of time that begin some time later than the clock's round times.
         *
         * @param timeInterval how many units a group is long
         * @param durationLiteral the unit
         * @param offSetInterval how many units later
         * @param offSetLiteral the unit of that
         * @return the expression
         */
        public static Object time(
                final Long timeInterval,
                final String durationLiteral,
                final Long offSetInterval,
                final String offSetLiteral) {
            return FunctionFactory.time(timeInterval, durationLiteral, offSetInterval, offSetLiteral);
        }

        /**
         * The time of the server.
         *
         * @return the expression
         */
        public static Object now() {
            return FunctionFactory.now();
        }
    }
}
