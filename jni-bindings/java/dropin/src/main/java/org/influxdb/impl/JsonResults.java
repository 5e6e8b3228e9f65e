package org.influxdb.impl;

import com.squareup.moshi.JsonReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import okio.BufferedSource;
import org.influxdb.dto.QueryResult;

/**
 * Reads results of queries from JSON. Every number becomes a {@link Double}, as programs expect; what a whole number
 * was exactly stays in its {@link ExactRow}.
 */
final class JsonResults {

    private JsonResults() {}

    /**
     * Reads a reply that is one document and nothing else.
     *
     * @throws IOException if the bytes end early or are no JSON
     * @throws com.squareup.moshi.JsonDataException if it is JSON of another shape
     */
    static QueryResult readOnly(BufferedSource source) throws IOException {
        JsonReader reader = JsonReader.of(source);
        QueryResult result = readResult(reader);
        if (reader.peek() != JsonReader.Token.END_DOCUMENT) {
            throw new IOException("more than one document at " + reader.getPath());
        }
        return result;
    }

    /**
     * Reads the next document of a stream of them.
     *
     * @return false where the stream ends between two documents
     */
    static boolean isAtEnd(BufferedSource source) throws IOException {
        while (!source.exhausted()) {
            byte next = source.getBuffer().getByte(0);
            if (next != '\n' && next != '\r' && next != ' ' && next != '\t') {
                return false;
            }
            source.skip(1);
        }
        return true;
    }

    /**
     * Reads the next document of a stream.
     *
     * @throws EOFException if it is not whole
     */
    static QueryResult readNext(BufferedSource source) throws IOException {
        return readResult(JsonReader.of(source));
    }

    private static QueryResult readResult(JsonReader reader) throws IOException {
        if (reader.peek() == JsonReader.Token.NULL) {
            return reader.nextNull();
        }
        QueryResult result = new QueryResult();
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "results":
                    result.setResults(list(reader, JsonResults::readStatement));
                    break;
                case "error":
                    result.setError(text(reader));
                    break;
                default:
                    reader.skipValue();
            }
        }
        reader.endObject();
        return result;
    }

    private static QueryResult.Result readStatement(JsonReader reader) throws IOException {
        QueryResult.Result statement = new QueryResult.Result();
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "series":
                    statement.setSeries(list(reader, JsonResults::readSeries));
                    break;
                case "error":
                    statement.setError(text(reader));
                    break;
                default:
                    reader.skipValue();
            }
        }
        reader.endObject();
        return statement;
    }

    private static QueryResult.Series readSeries(JsonReader reader) throws IOException {
        QueryResult.Series series = new QueryResult.Series();
        reader.beginObject();
        while (reader.hasNext()) {
            switch (reader.nextName()) {
                case "name":
                    series.setName(text(reader));
                    break;
                case "tags":
                    series.setTags(tags(reader));
                    break;
                case "columns":
                    series.setColumns(list(reader, JsonReader::nextString));
                    break;
                case "values":
                    series.setValues(list(reader, JsonResults::row));
                    break;
                default:
                    reader.skipValue();
            }
        }
        reader.endObject();
        return series;
    }

    private static Map<String, String> tags(JsonReader reader) throws IOException {
        if (reader.peek() == JsonReader.Token.NULL) {
            return reader.nextNull();
        }
        Map<String, String> tags = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            tags.put(reader.nextName(), text(reader));
        }
        reader.endObject();
        return tags;
    }

    private static List<Object> row(JsonReader reader) throws IOException {
        List<Object> row = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            if (reader.peek() == JsonReader.Token.NUMBER) {
                row = ExactRow.withNumber(row, reader.nextString());
            } else {
                row.add(reader.readJsonValue());
            }
        }
        reader.endArray();
        return row;
    }

    private static String text(JsonReader reader) throws IOException {
        return reader.peek() == JsonReader.Token.NULL ? reader.nextNull() : reader.nextString();
    }

    private static <T> List<T> list(JsonReader reader, Element<T> element) throws IOException {
        if (reader.peek() == JsonReader.Token.NULL) {
            return reader.nextNull();
        }
        List<T> list = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            list.add(reader.peek() == JsonReader.Token.NULL ? reader.nextNull() : element.read(reader));
        }
        reader.endArray();
        return list;
    }

    private interface Element<T> {
        T read(JsonReader reader) throws IOException;
    }
}
