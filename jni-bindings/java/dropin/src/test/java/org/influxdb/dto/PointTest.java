package org.influxdb.dto;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.influxdb.impl.Legacy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No point can be built that the server would store as something else. */
class PointTest {

    @AfterEach
    void switchBack() {
        System.clearProperty(Legacy.PROPERTY);
    }

    private static Point.Builder point() {
        return Point.measurement("m").addField("f", 1L).time(1, TimeUnit.NANOSECONDS);
    }

    static Stream<Point.Builder> refused() {
        return Stream.of("a\nb", "\n", "a\\", "a\\ b", "a\\,b", "a\\=b")
                .flatMap(text -> Stream.of(
                        Point.measurement(text).addField("f", 1L),
                        point().tag(text, "v"),
                        point().tag("t", text),
                        point().tag(Map.of("t", text)),
                        point().addField(text, 1L)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWhatLineProtocolCannotCarry(final Point.Builder builder) {
        assertThrows(IllegalArgumentException.class, builder::build);

        System.setProperty(Legacy.PROPERTY, "true");
        assertDoesNotThrow(builder::build);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\b", "\\a", "a\\\\b", "a b", "a,b", "a=b", "a\"b", "\t", "\r", "é", "\ud83d\ude00"})
    void takesWhatItCan(final String text) {
        String escaped = text.replaceAll("[ ,=]", "\\\\$0");
        Point point =
                Point.measurement(text).tag(text, text).addField(text, text).build();

        assertEquals(
                escaped + "," + escaped + "=" + escaped + " " + escaped + "=\"" + text.replaceAll("[\\\\\"]", "\\\\$0")
                        + '"',
                point.lineProtocol());
    }

    @Test
    void aTextFieldCarriesEverything() {
        assertEquals(
                "m f=\"a\nb\\\\\" 1", point().addField("f", "a\nb\\").build().lineProtocol());
    }

    @Test
    void refusesAComment() {
        assertThrows(IllegalArgumentException.class, Point.measurement("#m").addField("f", 1L)::build);
        assertEquals("m,#=# f=1i 1", point().tag("#", "#").build().lineProtocol());
    }

    @Test
    void refusesIntegersBeyond64Bits() {
        BigInteger greatest = BigInteger.valueOf(Long.MAX_VALUE);
        BigInteger least = BigInteger.valueOf(Long.MIN_VALUE);

        assertThrows(IllegalArgumentException.class, point().addField("f", greatest.add(BigInteger.ONE))::build);
        assertThrows(IllegalArgumentException.class, point().addField("f", least.subtract(BigInteger.ONE))::build);
        assertEquals(
                "m f=9223372036854775807i 1",
                point().addField("f", greatest).build().lineProtocol());
        assertEquals(
                "m f=-9223372036854775808i 1",
                point().addField("f", least).build().lineProtocol());
    }

    @Test
    void refusesAnObjectWhoseTextBeginsAnotherPoint() {
        assertThrows(
                IllegalArgumentException.class,
                point().fields(Map.of("f", new StringBuilder("1 1\nother v=1")))::build);
    }

    @Test
    void aBatchRefusesTagsToo() {
        assertThrows(
                IllegalArgumentException.class,
                BatchPoints.database("d").tag("t", "a\nm v=1").point(point().build())::build);
        assertThrows(NullPointerException.class, () -> BatchPoints.database("d").tag("t", null));
    }

    @Test
    void aBuiltPointDoesNotChange() {
        Point.Builder builder = point();
        Point first = builder.build();
        Point second =
                builder.tag("t", "v").addField("g", 2L).fields(Map.of("h", 3)).build();

        assertEquals("m f=1i 1", first.lineProtocol());
        assertEquals("m,t=v f=1i,g=2i,h=3i 1", second.lineProtocol());
    }

    @Test
    void batchesOfOtherPrecisionsAreNotMerged() {
        BatchPoints seconds = BatchPoints.database("d")
                .precision(TimeUnit.SECONDS)
                .point(point().build())
                .build();
        BatchPoints hours = BatchPoints.database("d")
                .precision(TimeUnit.HOURS)
                .point(point().build())
                .build();

        assertFalse(seconds.isMergeAbleWith(hours));
        assertFalse(seconds.mergeIn(hours));
        assertTrue(seconds.mergeIn(BatchPoints.database("d")
                .precision(TimeUnit.SECONDS)
                .point(point().build())
                .build()));
        assertEquals(2, seconds.getPoints().size());
    }
}
