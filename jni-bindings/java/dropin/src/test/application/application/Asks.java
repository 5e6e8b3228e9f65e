package application;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.dto.BoundParameterQuery;
import org.influxdb.dto.Query;

/** Queries in all forms, pings, and the statements behind methods. */
public final class Asks extends Client {

    private static final String RESULT = "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{\"h\":\"a\"},"
            + "\"columns\":[\"time\",\"v\",\"s\",\"b\",\"n\",\"o\"],\"values\":[[\"1970-01-01T00:00:00Z\",9007199254740993,\"x\",true,"
            + "null,{\"z\":[1,\"a\"]}],[1500000000000000001,1.5,\"\",false,null,[]],[-0.0,-5,1e300,18446744073709551615,0,1]],"
            + "\"partial\":true}],\"partial\":true,\"messages\":[{\"level\":\"warning\",\"text\":\"t\"}]},"
            + "{\"statement_id\":1,\"error\":\"not this one\"},{\"statement_id\":2}]}\n";

    private static final Query QUERY = new Query("SELECT * FROM \"m&+ ä\"", "d b");

    private Asks(long seed) throws Exception {
        super(seed);
    }

    public static List<String> run(long seed, int count) throws Exception {
        Asks asks = new Asks(seed);
        try (Recorder closed = asks.server) {
            asks.ways();
            asks.inTheBackground();
            asks.inChunks();
            asks.oddReplies();
            asks.pings();
            asks.statements();
        }
        return asks.trace.steps();
    }

    private void ways() {
        server.answer(200, "Content-Type: application/json\r\n", RESULT);
        step("query", client -> shown(client.query(QUERY)));
        step("query of the client's database", client -> {
            client.setDatabase("own").setRetentionPolicy("rp");
            return shown(client.query(new Query("SHOW SERIES"))) + shown(client.query(new Query("SHOW SERIES", null, true)));
        });
        step("query without a database", client -> client.query(new Query("SHOW SERIES")) != null);
        step("posted query", client -> client.query(new Query("DROP SERIES FROM \"é\"", "db", true)) != null);
        for (TimeUnit unit : TimeUnit.values()) {
            step("query in " + unit, client -> client.query(QUERY, unit) != null);
        }
        step("query in no unit", client -> client.query(QUERY, (TimeUnit) null) != null);
        step("posted query in a unit", client -> client.query(new Query("SELECT", "db", true), TimeUnit.SECONDS) != null);
        step("bound", client -> client.query(bound(false)) != null);
        step("bound in a unit", client -> client.query(bound(false), TimeUnit.SECONDS) != null);
        step("bound and posted", client -> client.query(bound(true)) != null);
        step("bound and posted in a unit", client -> client.query(bound(true), TimeUnit.SECONDS) != null);
    }

    private static Query bound(boolean posted) {
        if (posted) {
            return new Query("SELECT * FROM m WHERE a=$x", "db", true).bindParameter("x", "a\"'&+ ");
        }
        return BoundParameterQuery.QueryBuilder.newQuery("SELECT * FROM m WHERE a=$x")
                .forDatabase("db")
                .bind("x", "a\"'&+ ")
                .bind("y", 1)
                .create();
    }

    private void inTheBackground() {
        server.answer(200, "Content-Type: application/json\r\n", RESULT);
        step("query in the background", client -> {
            Heard heard = new Heard();
            client.query(QUERY, heard::next, heard::failed);
            return heard.take(1);
        });
        server.answer(200, "", "no JSON");
        step("no JSON in the background", client -> {
            Heard heard = new Heard();
            client.query(QUERY, heard::next, heard::failed);
            return heard.take(1);
        });
        step("in the background after close", client -> {
            Heard heard = new Heard();
            client.close();
            client.query(QUERY, heard::next, heard::failed);
            return heard.take(1);
        });
    }

    private void inChunks() {
        server.answer(200, "Content-Type: application/json\r\n", RESULT + RESULT);
        step("chunks", client -> {
            Heard heard = new Heard();
            client.query(QUERY, 10, heard::next, () -> heard.say("complete"));
            return heard.take(4);
        });
        step("chunks that can be cancelled", client -> {
            Heard heard = new Heard();
            client.query(
                    new Query("SELECT", "db", true),
                    1,
                    (running, chunk) -> heard.say(running.isCanceled() + shown(chunk)),
                    () -> heard.say("complete"),
                    heard::failed);
            return heard.take(4);
        });
        step("chunks until cancelled", client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY,
                    1,
                    (running, chunk) -> {
                        running.cancel();
                        heard.say("cancelled " + running.isCanceled());
                    },
                    () -> heard.say("complete"),
                    heard::failed);
            return heard.take(1);
        });
        step("chunks for one who takes results alone", client -> {
            Heard heard = new Heard();
            client.query(bound(false), 5, heard::next);
            return heard.take(3);
        });
        step("chunks with a way out", client -> {
            Heard heard = new Heard();
            client.query(bound(true), 5, (running, chunk) -> heard.next(chunk));
            return heard.take(3);
        });
        step("chunks for one who fails", client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY,
                    10,
                    (running, chunk) -> {
                        throw new IllegalStateException("my fault");
                    },
                    () -> heard.say("complete"),
                    heard::failed);
            return heard.take(1);
        });
        server.answer(200, "", RESULT + "{\"results\":[{\"ser");
        step("chunks cut off within a word", client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY, 10, (running, chunk) -> heard.next(chunk), () -> heard.say("complete"), heard::failed);
            return heard.take(3);
        });
        server.answer(200, "", RESULT + "{\"results\":[");
        step("chunks cut off between words", client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY, 10, (running, chunk) -> heard.next(chunk), () -> heard.say("complete"), heard::failed);
            return heard.take(3);
        });
        server.answer(400, "", "{\"error\":\"error parsing query\"}");
        step("chunks refused", client -> {
            Heard heard = new Heard();
            client.query(
                    QUERY, 10, (running, chunk) -> heard.next(chunk), () -> heard.say("complete"), heard::failed);
            return heard.take(1);
        });
    }

    private void oddReplies() {
        String[][] replies = {
            {"400", "{\"error\":\"error parsing query: found EOF\"}"},
            {"404", "{\"error\":\"database not found: x\"}"},
            {"401", "{\"error\":\"unable to parse authentication credentials\"}"},
            {"403", "{\"error\":\"error authorizing query: bob not authorized to execute statement\"}"},
            {"500", "<html>"},
            {"500", ""},
            {"200", ""},
            {"200", "no JSON"},
            {"200", RESULT + RESULT},
            {"200", "null"},
            {"200", "[]"},
            {"200", "{\"error\":\"all of it\"}"},
            {"200", "{\"results\":[{\"series\":[{\"columns\":[1,true]}]}]}"},
            {"200", "{\"results\":[{\"series\":[{\"values\":[[1,"},
        };
        for (String[] reply : replies) {
            server.answer(Integer.parseInt(reply[0]), "", reply[1]);
            step("query answered " + reply[0] + " " + reply[1], client -> shown(client.query(QUERY)));
            step("query in the background answered " + reply[0] + " " + reply[1], client -> {
                Heard heard = new Heard();
                client.query(QUERY, heard::next, heard::failed);
                return heard.take(1);
            });
        }
    }

    private void pings() {

        server.noContent();
        step("ping", client -> client.ping().getVersion() + client.ping().isGood() + client.version());
        server.answer(request -> "HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        step("ping of who knows", client -> client.ping().getVersion() + client.ping().isGood() + client.version());
        server.answer(200, "X-Influxdb-Version: 1.8.10\r\n", "{\"version\":\"1.8.10\"}");
        step("verbose ping", client -> client.ping().getVersion() + client.version());
        server.answer(503, "X-Influxdb-Version: 1.8.10\r\n", "no");
        step("ping answered 503", client -> client.ping().getVersion());
    }

    @SuppressWarnings("deprecation")
    private void statements() {
        server.answer(200, "", "{\"results\":[{\"series\":[{\"name\":\"databases\",\"columns\":[\"name\"],"
                + "\"values\":[[\"_internal\"],[\"a'b\"]]}]}]}");
        step("create a database", client -> done(() -> client.createDatabase("a'b")));
        step("create a database of odd name", client -> done(() -> client.createDatabase("a\"b\\c")));
        step("create no database", client -> done(() -> client.createDatabase("")));
        step("drop a database", client -> done(() -> client.deleteDatabase("a b")));
        step("drop no database", client -> done(() -> client.deleteDatabase(null)));
        step("databases", InfluxDB::describeDatabases);
        step("is there", client -> client.databaseExists("a'b") + " " + client.databaseExists("A'B"));
        step("create a policy", client -> done(() -> client.createRetentionPolicy("rp", "d b", "30h", "1h", 2, true)));
        step("create a policy 2", client -> done(() -> client.createRetentionPolicy("rp", "db", "30h", 2, true)));
        step("create a policy 3", client -> done(() -> client.createRetentionPolicy("rp", "db", "30h", "1h", 2)));
        step("create a policy 4", client -> done(() -> client.createRetentionPolicy("rp", "db", "inf", "", 1, false)));
        step("create a policy of no duration", client -> done(() -> client.createRetentionPolicy("r", "d", "3", 2, true)));
        step("create a policy of no shards", client -> done(() -> client.createRetentionPolicy("r", "d", "3d", "x", 2)));
        step("create a policy of no copies", client -> done(() -> client.createRetentionPolicy("r", "d", "3d", 0, true)));
        step("create a policy of no name", client -> done(() -> client.createRetentionPolicy("", "d", "3d", 1, true)));
        step("drop a policy", client -> done(() -> client.dropRetentionPolicy("rp", "d'b")));
        step("drop no policy", client -> done(() -> client.dropRetentionPolicy("", "db")));
        server.answer(200, "", "{\"results\":[{\"error\":\"already there\"}]}");
        step("create what is there", client -> done(() -> client.createDatabase("db")));
        step("databases with an error", InfluxDB::describeDatabases);
        server.answer(200, "", "{\"results\":[{\"statement_id\":0}]}");
        step("no databases", InfluxDB::describeDatabases);
    }

    private static String done(Runnable statement) {
        statement.run();
        return "done";
    }
}
