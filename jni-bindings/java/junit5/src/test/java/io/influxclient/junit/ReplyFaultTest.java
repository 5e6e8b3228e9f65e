package io.influxclient.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.WriteClass;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Answers as they were ordered. */
@InfluxCluster(data = 1, meta = 1, database = "app")
class ReplyFaultTest {

    private static final Duration SOON = Duration.ofSeconds(1);

    private final TestCluster cluster;
    private final TestNode node;

    ReplyFaultTest(TestCluster cluster) {
        this.cluster = cluster;
        node = cluster.node("data1");
    }

    private HttpResponse<String> put(String line) throws IOException {
        return Http.write(node, "db=app", line);
    }

    @Test
    void anAnswerOfAClassComesAsOftenAsOrderedAndNothingIsHandled() throws IOException {
        node.reply(ReplyFault.ofClass("timeout").on("/write").times(2));
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> answer = put("class v=1 1");
            assertEquals(500, answer.statusCode());
            assertEquals("{\"error\":\"timeout\"}\n", answer.body());
            assertEquals(Optional.of("timeout"), answer.headers().firstValue("X-Influxdb-Error"));
            assertEquals(200, Http.query(node, "", "SHOW DATABASES").statusCode(), "another path");
        }
        assertEquals(List.of(), cluster.faults(), "used up");
        assertEquals(0, node.count("app", "class"));
        assertEquals(204, put("class v=1 1").statusCode());
        assertEquals(1, node.count("app", "class"));
        node.reply(ReplyFault.ofClass(WriteClass.OVERLOADED).times(1));
        assertEquals(503, put("class v=1 1").statusCode());
        assertThrows(IllegalArgumentException.class, () -> node.reply(ReplyFault.ofClass(WriteClass.OK)));
    }

    @Test
    void statusBodyHeadersAndErrorsAreAsOrdered() throws IOException {
        node.reply(ReplyFault.status(418, "short and stout — \uD83E\uDED6")
                .header("X-Tea", "green")
                .times(1));
        HttpResponse<String> tea = put("m v=1 1");
        assertEquals(418, tea.statusCode());
        assertEquals("short and stout — \uD83E\uDED6", tea.body());
        assertEquals(Optional.of("green"), tea.headers().firstValue("x-tea"));
        node.reply(ReplyFault.error(503, "--body = \"x\"").times(1));
        assertEquals("{\"error\":\"--body = \\\"x\\\"\"}\n", put("m v=1 1").body());
        node.reply(ReplyFault.status(500, "handled").afterHandling().times(1));
        assertEquals("handled", put("handled v=1 1").body());
        assertEquals(1, node.count("app", "handled"), "it was handled all the same");
    }

    @Test
    void answersAreCutLateOrMissing() throws IOException {
        for (ReplyCut where : List.of(ReplyCut.BEFORE_HEAD, ReplyCut.AFTER_HEAD, ReplyCut.MID_BODY)) {
            node.reply(ReplyFault.real().cut(where).times(1).on("/write"));
            // Has a body, unlike the answer to a write that succeeds.
            assertThrows(IOException.class, () -> Http.write(node, "db=none", "m v=1 1"), where.toString());
        }
        node.reply(ReplyFault.real().delayed(Duration.ofMillis(120)).times(1));
        long since = System.nanoTime();
        assertEquals(204, put("late v=1 1").statusCode());
        assertTrue(System.nanoTime() - since >= Duration.ofMillis(120).toNanos());
        node.reply(ReplyFault.hang().on("/write").times(1));
        assertThrows(HttpTimeoutException.class, () -> Http.write(node, "db=app", "hung v=1 1", SOON));
        assertEquals(0, node.count("app", "hung"));
        node.reply(ReplyFault.real().cut(ReplyCut.NEVER).times(1));
        assertThrows(HttpTimeoutException.class, () -> Http.write(node, "db=app", "hung v=1 1", SOON));
        Http.until("a write that is handled and nobody hears of", () -> node.count("app", "hung") == 1);
    }

    /** The same ones, by their order, under the same seed. */
    @Test
    void aShareOfTheAnswersIsConcerned() throws IOException {
        assertEquals(pattern(), pattern());
    }

    private String pattern() throws IOException {
        node.reply(ReplyFault.status(503).share(0.5, 11));
        StringBuilder statuses = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            statuses.append(put("share v=1 1").statusCode()).append(' ');
        }
        cluster.heal();
        assertTrue(statuses.indexOf("503") >= 0 && statuses.indexOf("204") >= 0, statuses.toString());
        return statuses.toString();
    }

    @Test
    void whatNoServerCouldAnswerIsRefused() {
        for (ReplyFault wrong : List.of(
                ReplyFault.real(),
                ReplyFault.status(100),
                ReplyFault.status(70000),
                ReplyFault.status(500).times(0),
                ReplyFault.status(500).times(-1),
                ReplyFault.status(500).on("write"),
                ReplyFault.status(500).header("no header", "x"),
                ReplyFault.real().header("A", "b"),
                ReplyFault.hang().delayed(SOON),
                ReplyFault.real().afterHandling())) {
            assertThrows(IllegalArgumentException.class, () -> node.reply(wrong));
        }
        String message = assertThrows(IllegalArgumentException.class, () -> node.reply(ReplyFault.ofClass("overloded")))
                .getMessage();
        assertTrue(message.contains("did you mean overloaded?"), message);
        assertThrows(IllegalArgumentException.class, () -> ReplyFault.real().share(2, 0));
        assertThrows(IllegalArgumentException.class, () -> ReplyFault.real().share(1, -1));
        assertThrows(IllegalArgumentException.class, () -> ReplyFault.real().delayed(Duration.ofNanos(-1)));
        assertEquals(List.of(), cluster.faults());
    }

    /** The JVM's strings may hold what no UTF-8 can. */
    @Test
    void halvesOfSurrogatePairsAreReplacedAndHarmNothing() throws IOException {
        node.reply(ReplyFault.status(500, "\uD83E|\uDED6|\0|\uD83E\uDED6").times(1));
        assertEquals("\uFFFD|\uFFFD|\0|\uD83E\uDED6", put("m v=1 1").body());
        assertThrows(IllegalArgumentException.class, () -> cluster.node("\uD83E"));
        assertThrows(IllegalArgumentException.class, () -> cluster.fault("kill", "\uDED6"));
        assertEquals(0, node.count("\uD83E", "\uDED6"));
    }
}
