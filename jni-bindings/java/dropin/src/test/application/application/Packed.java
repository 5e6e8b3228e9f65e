package application;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDB.ResponseFormat;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.influxdb.msgpack.MessagePackTraverser;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** Results in MessagePack. */
public final class Packed extends Client {

    private static final Query QUERY = new Query("SELECT", "db");

    private Packed(long seed) throws Exception {
        super(seed);
    }

    public static List<String> run(long seed, int count) throws Exception {
        Packed packed = new Packed(seed);
        try (Recorder closed = packed.server) {
            packed.versions();
            byte[] one = result();
            ByteArrayOutputStream two = new ByteArrayOutputStream();
            two.writeBytes(one);
            two.writeBytes(one);
            packed.reply("a result", 200, one);
            packed.reply("two results", 200, two.toByteArray());
            packed.reply("an error", 200, error("it failed"));
            packed.reply("an error of a statement", 200, statementError());
            packed.reply("a result cut off", 200, Arrays.copyOf(one, one.length - 20));
            packed.reply("nothing", 200, new byte[0]);
            packed.reply("a refusal", 404, error("database not found: x"));
            packed.reply("a refusal in JSON", 404, "{\"error\":\"database not found: x\"}".getBytes(StandardCharsets.UTF_8));
            packed.reader(one, two.toByteArray());
        }
        return packed.trace.steps();
    }

    private static byte[] result() throws IOException {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packMapHeader(1).packString("results").packArrayHeader(1).packMapHeader(3);
        packer.packString("statement_id").packInt(0).packString("partial").packBoolean(true).packString("series");
        packer.packArrayHeader(1).packMapHeader(5).packString("name").packString("m");
        packer.packString("tags").packMapHeader(1).packString("h").packString("a");
        packer.packString("partial").packBoolean(true).packString("columns").packArrayHeader(8);
        for (String column : "time i f s b n u g".split(" ")) {
            packer.packString(column);
        }
        packer.packString("values").packArrayHeader(1).packArrayHeader(8);
        packer.packExtensionTypeHeader((byte) 5, 12)
                .addPayload(ByteBuffer.allocate(12).putLong(1500000000L).putInt(123456789).array());
        packer.packLong(-9007199254740993L).packDouble(1.5).packString("x").packBoolean(true).packNil();
        packer.packBigInteger(new BigInteger("18446744073709551615")).packFloat(0.5f);
        return packer.toByteArray();
    }

    private static byte[] error(String text) throws IOException {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packMapHeader(1).packString("error").packString(text);
        return packer.toByteArray();
    }

    private static byte[] statementError() throws IOException {
        MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
        packer.packMapHeader(1).packString("results").packArrayHeader(1).packMapHeader(2);
        packer.packString("statement_id").packInt(0).packString("error").packString("it failed");
        return packer.toByteArray();
    }

    private static byte[] pong(String version) {
        return ("HTTP/1.1 204 No Content\r\nX-Influxdb-Version: " + version + "\r\n\r\n").getBytes(StandardCharsets.UTF_8);
    }

    private void answer(String version, int status, byte[] body) {
        String type = "Content-Type: application/" + (body.length > 0 && body[0] == '{' ? "json" : "x-msgpack") + "\r\n";
        server.answer(request -> request.startsWith("GET /query") ? Recorder.reply(status, type, body) : pong(version));
    }

    private void versions() throws IOException {
        for (String version : new String[] {"1.4.0", "1.3.9", "v1.8.10", "0.9.0", "2.0.0", "1.10.0", "x", "1.8.10-c1.8.10"}) {
            answer(version, 200, result());
            step("version " + version, ResponseFormat.MSGPACK, client -> client.query(QUERY) != null);
        }
        answer("1.3.0", 200, result());
        step("writes to any version", ResponseFormat.MSGPACK, client -> {
            client.write("db", "rp", ConsistencyLevel.ONE, "m v=1 1");
            return client.ping().getVersion();
        });
    }

    private void reply(String name, int status, byte[] body) {
        answer("1.8.10", status, body);
        step(name, ResponseFormat.MSGPACK, client -> shown(client.query(QUERY)));
        step(name + " with a unit", ResponseFormat.MSGPACK, client -> shown(client.query(QUERY, TimeUnit.SECONDS)));
        step(name + " in the background", ResponseFormat.MSGPACK, client -> {
            Heard heard = new Heard();
            client.query(QUERY, heard::next, heard::failed);
            return heard.take(1);
        });
        step(name + " in chunks", ResponseFormat.MSGPACK, client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY,
                    10,
                    (running, chunk) -> heard.next(chunk),
                    () -> heard.say("complete"),
                    failure -> {
                        heard.failed(failure);
                        heard.say("over");
                    });
            return heard.take(name.startsWith("two") ? 3 : name.startsWith("nothing") ? 1 : 2);
        });
    }

    private void reader(byte[] one, byte[] two) {
        trace.step("reader", () -> shown(new MessagePackTraverser().parse(new ByteArrayInputStream(one))));
        trace.step("reader of two", () -> {
            StringBuilder all = new StringBuilder();
            for (QueryResult result : new MessagePackTraverser().traverse(new ByteArrayInputStream(two))) {
                all.append(shown(result));
            }
            return all;
        });
        trace.step("reader of nothing", () -> new MessagePackTraverser().parse(new ByteArrayInputStream(new byte[0])));
    }
}
