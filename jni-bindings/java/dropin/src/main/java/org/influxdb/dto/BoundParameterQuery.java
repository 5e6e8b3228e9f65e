package org.influxdb.dto;

import java.util.LinkedHashMap;
import java.util.Map;
import org.influxdb.impl.Legacy;

/** A query whose values were bound when it was made. */
public final class BoundParameterQuery extends Query {

    private BoundParameterQuery(final String command, final String database) {
        super(command, database);
    }

    /** Makes queries with bound values. Not safe for use by several threads. */
    public static class QueryBuilder {

        private final Map<String, Object> bound = new LinkedHashMap<>();
        private BoundParameterQuery query;
        private String influxQL;
        private String database;

        /** A builder without a command. */
        public QueryBuilder() {}

        /**
         * Begins a query.
         *
         * @param influxQL the command
         * @return a builder
         */
        public static QueryBuilder newQuery(final String influxQL) {
            QueryBuilder builder = new QueryBuilder();
            builder.influxQL = influxQL;
            return builder;
        }

        /**
         * Sets the database. Values bound before stay bound.
         *
         * @param database the database
         * @return this builder
         */
        public QueryBuilder forDatabase(final String database) {
            this.database = database;
            this.query = new BoundParameterQuery(influxQL, database);
            if (!Legacy.isOn()) {
                bound.forEach(query::bindParameter);
            }
            return this;
        }

        /**
         * Binds a value to a parameter.
         *
         * @param placeholder the parameter's name, without the {@code $}
         * @param value the value: numbers and booleans stay what they are, anything else is bound as its text
         * @return this builder
         */
        public QueryBuilder bind(final String placeholder, final Object value) {
            if (query == null) {
                query = new BoundParameterQuery(influxQL, database);
            }
            bound.put(placeholder, value);
            query.bindParameter(placeholder, value);
            return this;
        }

        /**
         * The query; the same one whenever it is asked for, until {@link #forDatabase} begins another.
         *
         * @return the query
         */
        public BoundParameterQuery create() {
            if (query == null && !Legacy.isOn()) {
                query = new BoundParameterQuery(influxQL, database);
            }
            return query;
        }
    }
}
