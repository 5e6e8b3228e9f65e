package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Measurement;
import org.influxdb.dto.QueryResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole numbers of 64 bits and nanoseconds reach the fields of objects, though a result's values are doubles. */
class ExactMappingTest {

    private static final long BEYOND_DOUBLE = 9007199254740993L;

    @AfterEach
    void switchBack() {
        System.clearProperty(Legacy.PROPERTY);
    }

    /** A row. */
    @Measurement(name = "m")
    public static class Row {
        @Column(name = "time")
        private Instant time;

        @Column(name = "count")
        private long count;

        @Column(name = "boxed")
        private Long boxed;

        @Column(name = "text")
        private String text;

        @Column(name = "float")
        private double number;
    }

    private static QueryResult result() {
        List<Object> row = new ArrayList<>();
        row = ExactRow.withNumber(row, "1577836800123456789");
        row = ExactRow.withNumber(row, String.valueOf(BEYOND_DOUBLE));
        row = ExactRow.withNumber(row, String.valueOf(Long.MIN_VALUE + 1));
        row = ExactRow.withNumber(row, String.valueOf(BEYOND_DOUBLE));
        row = ExactRow.withNumber(row, String.valueOf(BEYOND_DOUBLE));
        QueryResult.Series series = new QueryResult.Series();
        series.setName("m");
        series.setColumns(List.of("time", "count", "boxed", "text", "float"));
        series.setValues(List.of(row));
        QueryResult.Result result = new QueryResult.Result();
        result.setSeries(List.of(series));
        QueryResult all = new QueryResult();
        all.setResults(List.of(result));
        return all;
    }

    @Test
    void everyBitArrives() {
        Row row = new InfluxDBResultMapper()
                .toPOJO(result(), Row.class, TimeUnit.NANOSECONDS)
                .get(0);

        assertEquals(Instant.ofEpochSecond(1577836800, 123456789), row.time);
        assertEquals(BEYOND_DOUBLE, row.count);
        assertEquals(Long.MIN_VALUE + 1, row.boxed);
        assertEquals("9007199254740993", row.text);
        assertEquals(9007199254740992.0, row.number);
    }

    @Test
    void programsThatCastStillGetDoubles() {
        Object value = result().getResults()
                .get(0)
                .getSeries()
                .get(0)
                .getValues()
                .get(0)
                .get(1);

        assertEquals(9007199254740992.0, (Double) value);
    }

    @Test
    void legacyModeReadsTheDoubles() {
        System.setProperty(Legacy.PROPERTY, "true");
        Row row = new InfluxDBResultMapper()
                .toPOJO(result(), Row.class, TimeUnit.NANOSECONDS)
                .get(0);

        assertEquals(Instant.ofEpochSecond(1577836800, 123000000), row.time);
        assertEquals(9007199254740992L, row.count);
        assertEquals("9.007199254740992E15", row.text);
    }
}
