package io.influxclient;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads rows again, by the description of the native boundary and nothing else. */
final class DecodedRows {

    private DecodedRows() {}

    /** Each operation as text, such as {@code TAG host=a}. */
    static List<String> of(PointBatch batch) {
        ByteBuffer rows = batch.buffer().duplicate().order(ByteOrder.nativeOrder());
        rows.limit(batch.bytes()).position(0);
        List<String> names = new ArrayList<>();
        List<String> read = new ArrayList<>();
        while (rows.hasRemaining()) {
            int word = rows.getInt();
            int number = word & 0xFFFFFF;
            switch (word >>> 24) {
                case 0x01:
                    if (number != names.size()) {
                        throw new AssertionError("name " + number + " after " + names.size());
                    }
                    names.add(text(rows));
                    break;
                case 0x02:
                    read.add("POINT " + names.get(number));
                    break;
                case 0x03:
                    read.add("TAG " + names.get(number) + "=" + text(rows));
                    break;
                case 0x10:
                    read.add("F64 " + names.get(number) + "=" + rows.getDouble());
                    break;
                case 0x11:
                    read.add("I64 " + names.get(number) + "=" + rows.getLong());
                    break;
                case 0x13:
                    read.add("BOOL " + names.get(number) + "=" + rows.get());
                    break;
                case 0x14:
                    read.add("STR " + names.get(number) + "=" + text(rows));
                    break;
                case 0x20:
                    read.add("AT " + rows.getLong());
                    break;
                case 0x22:
                    read.add("SERVER_TIME");
                    break;
                default:
                    throw new AssertionError("operation " + (word >>> 24));
            }
        }
        return read;
    }

    private static String text(ByteBuffer rows) {
        ByteBuffer bytes = rows.duplicate();
        int length = rows.getInt();
        bytes.position(rows.position()).limit(rows.position() + length);
        rows.position(rows.position() + length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(bytes)
                    .toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError(e);
        }
    }
}
