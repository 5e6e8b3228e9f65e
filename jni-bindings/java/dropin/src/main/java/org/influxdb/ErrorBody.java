package org.influxdb;

import com.squareup.moshi.JsonDataException;
import com.squareup.moshi.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import okio.Buffer;
import org.influxdb.impl.Legacy;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;
import org.msgpack.value.ValueFactory;

/** Reads the body of an error reply. */
final class ErrorBody {

    private ErrorBody() {}

    /** The exception for a body in JSON or plain text; a body without an {@code error} is the text itself. */
    static InfluxDBException ofText(final String body) {
        String error = body == null ? null : errorMember(body);
        return error == null ? classified(body) : classified(error);
    }

    /** The exception for a body in MessagePack. */
    static InfluxDBException ofMessagePack(final InputStream body) {
        if (Legacy.isOn()) {
            return ofMessagePackOnly(body);
        }
        if (body == null) {
            return new InfluxDBException("error reply without a body");
        }
        byte[] bytes;
        try {
            bytes = body.readAllBytes();
        } catch (IOException e) {
            return new InfluxDBException(e);
        }
        String error = errorEntry(bytes);
        return error == null ? ofText(new String(bytes, StandardCharsets.UTF_8)) : classified(error);
    }

    /** As influxdb-java reads it: whatever is no map with an {@code error} becomes the failure to read it. */
    private static InfluxDBException ofMessagePackOnly(final InputStream body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            Map<Value, Value> entries = unpacker.unpackValue().asMapValue().map();
            return classified(entries.get(ValueFactory.newString("error")).toString());
        } catch (IOException | RuntimeException e) {
            return new InfluxDBException(e);
        }
    }

    private static InfluxDBException classified(final String text) {
        return Legacy.isOn() ? ErrorText.anywhere(text) : ErrorText.atItsHead(text);
    }

    /** The last member {@code error} of a JSON object as a text, or {@code null} where there is none. */
    private static String errorMember(final String body) {
        try (Buffer buffer = new Buffer();
                JsonReader reader = JsonReader.of(buffer.writeUtf8(body))) {
            reader.setLenient(true);
            String error = null;
            reader.beginObject();
            while (reader.hasNext()) {
                if (!"error".equals(reader.nextName())) {
                    reader.skipValue();
                } else if (reader.peek() == JsonReader.Token.NULL) {
                    error = reader.nextNull();
                } else {
                    error = reader.nextString();
                }
            }
            reader.endObject();
            return error;
        } catch (IOException | JsonDataException e) {
            return null;
        }
    }

    /** The entry {@code error} of a MessagePack map as a text, or {@code null} where there is none. */
    private static String errorEntry(final byte[] body) {
        try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(body)) {
            Value value = unpacker.hasNext() ? unpacker.unpackValue() : ValueFactory.newNil();
            Value error = value.isMapValue() ? value.asMapValue().map().get(ValueFactory.newString("error")) : null;
            return error == null ? null : error.toString();
        } catch (IOException | org.msgpack.core.MessagePackException e) {
            return null;
        }
    }
}
