package org.influxdb.dto;

import java.util.List;
import java.util.Map;

/** What the server answered to one request for queries. Not safe for several threads while it is being filled. */
public class QueryResult {

    private List<Result> results;
    private String error;

    /** An answer without results. */
    public QueryResult() {}

    /**
     * The results, one for each statement of the request.
     *
     * @return the results, or {@code null} if the answer had none
     */
    public List<Result> getResults() {
        return results;
    }

    /**
     * Sets the results.
     *
     * @param results one for each statement
     */
    public void setResults(final List<Result> results) {
        this.results = results;
    }

    /**
     * Whether the request failed as a whole. A single statement's failure is told by its {@link Result}.
     *
     * @return {@code true} if there is an error
     */
    public boolean hasError() {
        return error != null;
    }

    /**
     * Why the request failed.
     *
     * @return the server's text, or {@code null}
     */
    public String getError() {
        return error;
    }

    /**
     * Sets why the request failed.
     *
     * @param error the server's text, or {@code null}
     */
    public void setError(final String error) {
        this.error = error;
    }

    @Override
    public String toString() {
        return "QueryResult [results=" + results + ", error=" + error + "]";
    }

    /** The result of one statement. */
    public static class Result {

        private List<Series> series;
        private String error;

        /** A result without series. */
        public Result() {}

        /**
         * The series found.
         *
         * @return the series, or {@code null} if there are none
         */
        public List<Series> getSeries() {
            return series;
        }

        /**
         * Sets the series.
         *
         * @param series the series
         */
        public void setSeries(final List<Series> series) {
            this.series = series;
        }

        /**
         * Whether the statement failed.
         *
         * @return {@code true} if there is an error
         */
        public boolean hasError() {
            return error != null;
        }

        /**
         * Why the statement failed.
         *
         * @return the server's text, or {@code null}
         */
        public String getError() {
            return error;
        }

        /**
         * Sets why the statement failed.
         *
         * @param error the server's text, or {@code null}
         */
        public void setError(final String error) {
            this.error = error;
        }

        @Override
        public String toString() {
            return "Result [series=" + series + ", error=" + error + "]";
        }
    }

    /** Rows that share a name and tags. */
    public static class Series {

        private String name;
        private Map<String, String> tags;
        private List<String> columns;
        private List<List<Object>> values;

        /** A series without rows. */
        public Series() {}

        /**
         * The series' name, which is that of the measurement unless the statement says otherwise.
         *
         * @return the name, or {@code null}
         */
        public String getName() {
            return name;
        }

        /**
         * Sets the name.
         *
         * @param name the name
         */
        public void setName(final String name) {
            this.name = name;
        }

        /**
         * The tags that the statement grouped by.
         *
         * @return the tags, or {@code null} if it did not group by a tag
         */
        public Map<String, String> getTags() {
            return tags;
        }

        /**
         * Sets the tags.
         *
         * @param tags the tags
         */
        public void setTags(final Map<String, String> tags) {
            this.tags = tags;
        }

        /**
         * The columns' names.
         *
         * @return the names in the order of the values of a row
         */
        public List<String> getColumns() {
            return columns;
        }

        /**
         * Sets the columns' names.
         *
         * @param columns the names
         */
        public void setColumns(final List<String> columns) {
            this.columns = columns;
        }

        /**
         * The rows.
         *
         * @return the rows, each with a value for every column
         */
        public List<List<Object>> getValues() {
            return values;
        }

        /**
         * Sets the rows.
         *
         * @param values the rows
         */
        public void setValues(final List<List<Object>> values) {
            this.values = values;
        }

        @Override
        public String toString() {
            return "Series [name=" + name + ", tags=" + tags + ", columns=" + columns + ", values=" + values + "]";
        }
    }
}
