package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.influxdb.InfluxDB.ConsistencyLevel;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBException.RetryBufferOverrunException;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.junit.jupiter.api.Test;

/** Which batches are sent when, and which points are given up; without threads and servers. */
class DeliveryTest {

    private static final InfluxDBException FAILURE = new InfluxDBException("it fails");

    /** What was sent, as the values of points. */
    private final List<String> sent = new ArrayList<>();

    private static Point point(int value) {
        return Point.measurement("m")
                .addField("v", value)
                .time(value, TimeUnit.SECONDS)
                .build();
    }

    private static BatchPoints batch(String database, int... values) {
        BatchPoints batch = BatchPoints.database(database).build();
        for (int value : values) {
            batch.point(point(value));
        }
        return batch;
    }

    private static String values(Iterable<Point> points) {
        StringBuilder values = new StringBuilder();
        points.forEach(point -> values.append(point.lineProtocol().replaceAll(".*v=(\\d+)i.*", "$1 ")));
        return values.toString().trim();
    }

    private static List<String> shown(List<HandOver> givenUp) {
        return givenUp.stream().map(one -> values(one.points)).collect(Collectors.toList());
    }

    /** Everything comes to this. */
    private Function<BatchPoints, Verdict> always(Verdict verdict) {
        return batch -> {
            sent.add(batch.getDatabase() + " " + values(batch.getPoints()));
            return verdict;
        };
    }

    /** Batches of a database come to this, all others are delivered. */
    private Function<BatchPoints, Verdict> only(String database, Function<BatchPoints, Verdict> verdict) {
        return batch -> {
            sent.add(batch.getDatabase() + " " + values(batch.getPoints()));
            return batch.getDatabase().equals(database) ? verdict.apply(batch) : Verdict.DELIVERED;
        };
    }

    private static Verdict again() {
        return Verdict.later(Verdict.Kind.AGAIN, FAILURE);
    }

    @Test
    void aFailureOfOneBatchDoesNotStopTheOthers() {
        List<HandOver> givenUp = new OneShotDelivery()
                .write(List.of(batch("a", 1), batch("b", 2), batch("c", 3)), only("b", batch -> again()));
        assertEquals(List.of("a 1", "b 2", "c 3"), sent);
        assertEquals(List.of("2"), shown(givenUp));
    }

    @Test
    void onlyTheFailedPointsAreHandedOver() {
        List<HandOver> givenUp = new OneShotDelivery()
                .write(List.of(batch("a", 1, 2, 3)), only("a", batch -> Verdict.failed(FAILURE, List.of(point(2)))));
        assertEquals(List.of("2"), shown(givenUp));
        assertEquals(FAILURE, givenUp.get(0).failure);
    }

    @Test
    void aBatchThatIsTooLargeIsHalvedUntilItFits() {
        Function<BatchPoints, Verdict> atMostTwo =
                batch -> batch.getPoints().size() > 2 ? Verdict.later(Verdict.Kind.HALVE, FAILURE) : Verdict.DELIVERED;
        for (Delivery delivery : List.of(new OneShotDelivery(), new RetryDelivery(100, 10))) {
            sent.clear();
            assertEquals(List.of(), delivery.write(List.of(batch("a", 1, 2, 3, 4, 5)), only("a", atMostTwo)));
            assertEquals(List.of("a 1 2 3 4 5", "a 1 2", "a 3 4 5", "a 3", "a 4 5"), sent);
        }
    }

    @Test
    void whatMayPassIsSentAgainFirstAndInOrder() {
        RetryDelivery delivery = new RetryDelivery(100, 2);
        assertEquals(List.of(), delivery.write(List.of(batch("a", 1), batch("b", 2)), always(again())));
        assertEquals(List.of("a 1"), sent, "nothing is sent behind a batch that waits");
        sent.clear();
        assertEquals(List.of(), delivery.write(List.of(batch("b", 3), batch("b", 4)), always(again())));
        assertEquals(List.of("a 1"), sent);
        sent.clear();
        assertEquals(List.of(), delivery.write(List.of(batch("a", 5)), always(Verdict.DELIVERED)));
        assertEquals(List.of("a 1", "b 2 3", "b 4", "a 5"), sent, "merged up to two points, in order");
    }

    @Test
    void aPoisonBatchIsGivenUpAtOnceAndTakesNothingAlong() {
        RetryDelivery delivery = new RetryDelivery(100, 10);
        Function<BatchPoints, Verdict> poison = only("bad", batch -> Verdict.failed(FAILURE, batch.getPoints()));
        List<HandOver> givenUp = delivery.write(List.of(batch("bad", 1), batch("good", 2)), poison);
        assertEquals(List.of("1"), shown(givenUp));
        assertEquals(List.of("bad 1", "good 2"), sent);
        assertEquals(List.of(), delivery.write(List.of(batch("good", 3)), poison));
        assertEquals(List.of("bad 1", "good 2", "good 3"), sent);
    }

    @Test
    void whatDoesNotFitPushesTheOldestOut() {
        RetryDelivery delivery = new RetryDelivery(4, 2);
        List<HandOver> givenUp = new ArrayList<>();
        for (int i = 1; i < 10; i += 2) {
            givenUp.addAll(delivery.write(List.of(batch("a", i, i + 1)), always(again())));
        }
        assertEquals(List.of("1 2", "3 4", "5 6"), shown(givenUp));
        assertTrue(givenUp.get(0).failure instanceof RetryBufferOverrunException);
        sent.clear();
        assertEquals(List.of("7 8", "9 10"), shown(delivery.close(always(again()))));
        assertEquals(List.of("a 7 8", "a 9 10"), sent, "each is tried once more");
        assertEquals(List.of(), delivery.close(always(again())), "and then forgotten");
    }

    @Test
    void aBatchThatIsLargerThanTheBufferIsKeptAlone() {
        RetryDelivery delivery = new RetryDelivery(3, 2);
        assertEquals(List.of(), delivery.write(List.of(batch("a", 1, 2, 3, 4, 5)), always(again())));
        assertEquals(List.of("1 2 3 4 5"), shown(delivery.write(List.of(batch("a", 6)), always(again()))));
    }

    @Test
    void whatTheClusterHasInPartIsTriedAFewTimesAlone() {
        RetryDelivery delivery = new RetryDelivery(100, 10);
        Function<BatchPoints, Verdict> partly =
                only("a", batch -> Verdict.later(Verdict.Kind.AGAIN_A_FEW_TIMES, FAILURE));
        assertEquals(List.of(), delivery.write(List.of(batch("a", 1)), partly));
        assertEquals(List.of(), delivery.write(List.of(batch("b", 2)), partly));
        assertEquals(List.of("1"), shown(delivery.write(List.of(), partly)));
        assertEquals(List.of("a 1", "a 1", "a 1", "b 2"), sent);
    }

    @Test
    void batchesOfOtherPrecisionOrLevelAreNotMerged() {
        RetryDelivery delivery = new RetryDelivery(100, 10);
        BatchPoints seconds =
                BatchPoints.database("a").precision(TimeUnit.SECONDS).build();
        seconds.point(point(2));
        BatchPoints all =
                BatchPoints.database("a").consistency(ConsistencyLevel.ALL).build();
        all.point(point(3));
        delivery.write(List.of(batch("a", 1), seconds, all), always(again()));
        sent.clear();
        delivery.write(List.of(), always(Verdict.DELIVERED));
        assertEquals(List.of("a 1", "a 2", "a 3"), sent);
    }

    @Test
    void closingTriesAgainAndGivesUpTheRest() {
        RetryDelivery delivery = new RetryDelivery(100, 1);
        delivery.write(List.of(batch("a", 1), batch("b", 2)), always(again()));
        sent.clear();
        assertEquals(List.of("1"), shown(delivery.close(only("a", batch -> again()))));
        assertEquals(List.of("a 1", "b 2"), sent);
    }

    @Test
    void namesThatReadTheSameAreNotTheSameDatabase() {
        List<BatchPoints> batches = Batches.of(
                List.of(
                        new BatchProcessor.HttpBatchEntry(point(1), "a_b", "c"),
                        new BatchProcessor.HttpBatchEntry(point(2), "a", "b_c"),
                        new BatchProcessor.HttpBatchEntry(point(3), "a_b", "c"),
                        new BatchProcessor.HttpBatchEntry(point(4), null, null)),
                ConsistencyLevel.QUORUM,
                TimeUnit.SECONDS);
        List<Map.Entry<String, String>> shown = batches.stream()
                .map(batch -> Map.entry(
                        batch.getDatabase() + " " + batch.getRetentionPolicy() + " " + batch.getConsistency() + " "
                                + batch.getPrecision(),
                        values(batch.getPoints())))
                .collect(Collectors.toList());
        assertEquals(
                List.of(
                        Map.entry("a_b c QUORUM SECONDS", "1 3"),
                        Map.entry("a b_c QUORUM SECONDS", "2"),
                        Map.entry("null null QUORUM SECONDS", "4")),
                shown);
    }
}
