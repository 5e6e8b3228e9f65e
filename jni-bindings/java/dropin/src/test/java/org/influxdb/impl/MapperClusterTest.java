package org.influxdb.impl;

import static org.influxdb.querybuilder.BuiltQuery.QueryBuilder.desc;
import static org.influxdb.querybuilder.BuiltQuery.QueryBuilder.eq;
import static org.influxdb.querybuilder.BuiltQuery.QueryBuilder.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.Profile;
import io.influxclient.junit.TestCluster;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDB.ResponseFormat;
import org.influxdb.InfluxDBFactory;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Measurement;
import org.influxdb.annotation.TimeColumn;
import org.influxdb.dto.Query;
import org.influxdb.dto.QueryResult;
import org.influxdb.querybuilder.FunctionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Objects that are saved in the bundled cluster, and come back as they were. */
@InfluxCluster(profile = Profile.V1_8, database = "objects")
class MapperClusterTest {

    private static final Instant TIME = Instant.ofEpochSecond(1_577_836_800, 123_456_789);

    private final String url;
    private final InfluxDB client;
    private final InfluxDBMapper mapper;

    MapperClusterTest(final TestCluster cluster) {
        url = cluster.urls().get(0);
        client = InfluxDBFactory.connect(url).setDatabase("objects");
        mapper = new InfluxDBMapper(client);
    }

    @AfterEach
    void close() {
        client.close();
    }

    /** How a job went. */
    public enum State {
        RUNNING,
        DONE
    }

    /** What both kinds of jobs have. */
    public static class Timed {
        @TimeColumn(timeUnit = TimeUnit.NANOSECONDS)
        @Column(name = "time")
        private Instant time = TIME;
    }

    /** A job, in a measurement whose name has to be quoted. */
    @Measurement(name = "the jobs", database = "objects", timeUnit = TimeUnit.NANOSECONDS)
    public static class Job extends Timed {
        @Column(name = "host name", tag = true)
        private String host = "a, b=c";

        @Column(name = "number", tag = true)
        private int number = 7;

        @Column(name = "bytes")
        private long bytes = Long.MAX_VALUE - 1;

        @Column(name = "least")
        private Long least = Long.MIN_VALUE;

        @Column(name = "count")
        private int count = -5;

        @Column(name = "small")
        private short small = 12;

        @Column(name = "load")
        private double load = 0.1 + 0.2;

        @Column(name = "share")
        private float share = 0.5f;

        @Column(name = "state")
        private State state = State.DONE;

        @Column(name = "ok")
        private boolean ok = true;

        @Column(name = "note")
        private String note = "it's \"said\"\nand \\done\\";

        @Column(name = "none")
        private String none;
    }

    private static void assertSaved(final Job job) {
        Job saved = new Job();
        assertEquals(TIME, ((Timed) job).time);
        assertEquals(saved.host, job.host);
        assertEquals(saved.bytes, job.bytes);
        assertEquals(saved.least, job.least);
        assertEquals(saved.count, job.count);
        assertEquals(saved.small, job.small);
        assertEquals(saved.load, job.load);
        assertEquals(saved.share, job.share);
        assertEquals(saved.state, job.state);
        assertTrue(job.ok);
        assertEquals(saved.note, job.note);
        assertNull(job.none);
    }

    /** A query that leaves out the tag that is a number: every tag of a result is a text. */
    private static Query jobs() {
        return new Query(
                "SELECT bytes, least, \"count\", small, load, share, state, ok, note, \"host name\""
                        + " FROM \"the jobs\"",
                "objects");
    }

    @Test
    void comesBackWhole() {
        mapper.save(new Job());

        List<Job> jobs = mapper.query(jobs(), Job.class);
        assertEquals(1, jobs.size());
        assertSaved(jobs.get(0));
    }

    @Test
    void comesBackWholeInNanoseconds() {
        mapper.save(new Job());

        QueryResult result = client.query(jobs(), TimeUnit.NANOSECONDS);
        assertSaved(new InfluxDBResultMapper()
                .toPOJO(result, Job.class, TimeUnit.NANOSECONDS)
                .get(0));
    }

    @Test
    void comesBackWholeInMessagePack() {
        mapper.save(new Job());

        try (InfluxDB packed =
                InfluxDBFactory.connect(url, "u", "p", new OkHttpClient.Builder(), ResponseFormat.MSGPACK)) {
            assertSaved(new InfluxDBMapper(packed).query(jobs(), Job.class).get(0));
        }
    }

    /** A job of which little is asked. */
    @Measurement(name = "the jobs", database = "objects")
    public static class Brief {
        @Column(name = "host name")
        private String host;

        @Column(name = "number")
        private String number;

        @Column(name = "bytes")
        private long bytes;
    }

    @Test
    void theNameIsQuotedWhereItHasToBe() {
        mapper.save(new Job());

        Brief brief = mapper.query(Brief.class).get(0);
        assertEquals("a, b=c", brief.host);
        assertEquals("7", brief.number);
        assertEquals(Long.MAX_VALUE - 1, brief.bytes);
    }

    @Test
    void builtQueriesRun() {
        mapper.save(new Job());
        Query last = select("bytes", "count")
                .from("objects", "the jobs")
                .where(eq("host name", "a, b=c"))
                .and(eq("ok", true))
                .orderBy(desc())
                .limit(1);
        Query most = select().max("count")
                .as("most")
                .from("objects", "the jobs")
                .where(eq("number", FunctionFactory.placeholder("n")))
                .bindParameter("n", "7");

        assertEquals(-5.0, row(client.query(last)).get(2));
        assertEquals(-5.0, row(client.query(most)).get(1));
    }

    private static List<Object> row(final QueryResult result) {
        QueryResult.Result statement = result.getResults().get(0);
        assertNull(statement.getError());
        return statement.getSeries().get(0).getValues().get(0);
    }
}
