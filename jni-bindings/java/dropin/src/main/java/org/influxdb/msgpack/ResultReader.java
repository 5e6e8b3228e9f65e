package org.influxdb.msgpack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.influxdb.dto.QueryResult;
import org.msgpack.core.ExtensionTypeHeader;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/** Reads one result, whose shape is that of the JSON form. What it does not know it skips. */
final class ResultReader {

    /** The extension for a time: seconds in eight bytes, nanoseconds in four. */
    private static final byte TIME = 5;

    private static final int TIME_BYTES = 12;

    private final MessageUnpacker unpacker;

    private ResultReader(MessageUnpacker unpacker) {
        this.unpacker = unpacker;
    }

    static QueryResult read(MessageUnpacker unpacker) throws IOException {
        return new ResultReader(unpacker).result();
    }

    private QueryResult result() throws IOException {
        QueryResult result = new QueryResult();
        if (isNo(ValueType.MAP)) {
            return result;
        }
        for (int left = unpacker.unpackMapHeader(); left > 0; left--) {
            switch (unpacker.unpackString()) {
                case "results":
                    result.setResults(list(this::statement));
                    break;
                case "error":
                    result.setError(text());
                    break;
                default:
                    unpacker.skipValue();
            }
        }
        return result;
    }

    private QueryResult.Result statement() throws IOException {
        QueryResult.Result statement = new QueryResult.Result();
        for (int left = unpacker.unpackMapHeader(); left > 0; left--) {
            switch (unpacker.unpackString()) {
                case "series":
                    statement.setSeries(list(this::series));
                    break;
                case "error":
                    statement.setError(text());
                    break;
                default:
                    unpacker.skipValue();
            }
        }
        return statement;
    }

    private QueryResult.Series series() throws IOException {
        QueryResult.Series series = new QueryResult.Series();
        for (int left = unpacker.unpackMapHeader(); left > 0; left--) {
            switch (unpacker.unpackString()) {
                case "name":
                    series.setName(text());
                    break;
                case "tags":
                    series.setTags(tags());
                    break;
                case "columns":
                    series.setColumns(list(this::text));
                    break;
                case "values":
                    series.setValues(list(this::row));
                    break;
                default:
                    unpacker.skipValue();
            }
        }
        return series;
    }

    private Map<String, String> tags() throws IOException {
        if (unpacker.tryUnpackNil()) {
            return null;
        }
        Map<String, String> tags = new LinkedHashMap<>();
        for (int left = unpacker.unpackMapHeader(); left > 0; left--) {
            tags.put(unpacker.unpackString(), text());
        }
        return tags;
    }

    private List<Object> row() throws IOException {
        if (unpacker.tryUnpackNil()) {
            return null;
        }
        int length = unpacker.unpackArrayHeader();
        TimedRow row = new TimedRow(Math.min(length, 1024));
        for (int i = 0; i < length; i++) {
            if (unpacker.getNextFormat().getValueType() == ValueType.EXTENSION) {
                addExtension(row);
            } else {
                row.add(value());
            }
        }
        return row;
    }

    private Object value() throws IOException {
        MessageFormat format = unpacker.getNextFormat();
        switch (format.getValueType()) {
            case NIL:
                unpacker.unpackNil();
                return null;
            case BOOLEAN:
                return unpacker.unpackBoolean();
            case INTEGER:
                // An unsigned field may be past the largest Long.
                return format == MessageFormat.UINT64 ? unpacker.unpackBigInteger() : unpacker.unpackLong();
            case FLOAT:
                return unpacker.unpackDouble();
            case STRING:
                return unpacker.unpackString();
            case EXTENSION:
            case BINARY:
            case ARRAY:
            case MAP:
                return unpacker.unpackValue();
        }
        throw new IllegalStateException("every type is above");
    }

    private void addExtension(TimedRow row) throws IOException {
        ExtensionTypeHeader header = unpacker.unpackExtensionTypeHeader();
        byte[] payload = unpacker.readPayload(header.getLength());
        if (header.getType() != TIME || payload.length != TIME_BYTES) {
            row.add(payload);
            return;
        }
        ByteBuffer time = ByteBuffer.wrap(payload);
        row.addTime(time.getLong(), time.getInt());
    }

    private String text() throws IOException {
        return unpacker.tryUnpackNil() ? null : unpacker.unpackString();
    }

    private <T> List<T> list(Element<T> element) throws IOException {
        if (unpacker.tryUnpackNil()) {
            return null;
        }
        int length = unpacker.unpackArrayHeader();
        List<T> list = new ArrayList<>(Math.min(length, 1024));
        for (int i = 0; i < length; i++) {
            list.add(element.read());
        }
        return list;
    }

    private boolean isNo(ValueType type) throws IOException {
        if (unpacker.getNextFormat().getValueType() == type) {
            return false;
        }
        unpacker.skipValue();
        return true;
    }

    private interface Element<T> {
        T read() throws IOException;
    }
}
