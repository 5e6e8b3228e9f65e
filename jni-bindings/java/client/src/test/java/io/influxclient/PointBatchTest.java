package io.influxclient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.CharBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a batch holds, and that a point which cannot be written leaves nothing behind. */
class PointBatchTest {

    private final PointBatch batch = PointBatch.create();

    @AfterEach
    void giveBack() {
        batch.close();
    }

    @Test
    void pointsAreReadAgainAsTheyWereWritten() {
        batch.point("cpu")
                .tag("host", "a")
                .tag("empty", "")
                .field("f", 1.5)
                .field("i", -7L)
                .field("n", 3)
                .field("t", true)
                .field("s", "x\ny")
                .field("g", 0.1f)
                .fieldUnsigned("u", Long.MAX_VALUE)
                .at(1);
        batch.point("cpu").field("f", -0.0).field("t", false).at(Instant.ofEpochSecond(-1, 999_999_999));
        assertEquals(
                List.of(
                        "POINT cpu",
                        "TAG host=a",
                        "TAG empty=",
                        "F64 f=1.5",
                        "I64 i=-7",
                        "I64 n=3",
                        "BOOL t=1",
                        "STR s=x\ny",
                        "F64 g=0.10000000149011612",
                        "I64 u=9223372036854775807",
                        "AT 1",
                        "POINT cpu",
                        "F64 f=-0.0",
                        "BOOL t=0",
                        "AT -1"),
                DecodedRows.of(batch));
        assertEquals(2, batch.points());
        assertTrue(batch.isIdempotent());
        batch.point("m").field("f", 1).serverTime();
        assertFalse(batch.isIdempotent());
        batch.clear();
        assertEquals(0, batch.points() + batch.bytes());
        assertTrue(batch.isIdempotent());
    }

    /**
     * Texts of every length around the eight characters that are written at once, with a character of each width
     * anywhere.
     */
    @Test
    void textsOfAllLengthsAndWidthsComeThrough() {
        Random random = new Random(7);
        String[] characters = {"a", "\0", "\u007f", "\u0080", "é", "\u07ff", "\u0800", "€", "\uffff", "😀", "\\", "\n"};
        for (int length = 0; length < 70; length++) {
            StringBuilder text = new StringBuilder("x".repeat(length));
            for (int i = random.nextInt(4); i > 0; i--) {
                // Not within a pair of surrogates.
                int at = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length()) + 1));
                text.insert(at, "aaaaaaa".substring(random.nextInt(8)) + characters[random.nextInt(characters.length)]);
            }
            batch.clear();
            batch.point("m").field("s", text.toString()).at(0);
            batch.point("m").field("s", text).at(0);
            batch.point("m").field("s", CharBuffer.wrap(text)).at(0);
            List<String> rows = DecodedRows.of(batch);
            for (int i = 0; i < 3; i++) {
                assertEquals("STR s=" + text, rows.get(3 * i + 1));
            }
        }
    }

    @Test
    void theBufferGrowsAndKeepsWhatItHas() {
        String large = "0123456789é".repeat(20_000);
        for (int i = 0; i < 5; i++) {
            batch.point("m" + i).field("s", large).at(i);
        }
        List<String> rows = DecodedRows.of(batch);
        assertEquals("POINT m4", rows.get(12));
        assertEquals("STR s=" + large, rows.get(1));
        assertEquals("STR s=" + large, rows.get(13));
    }

    /** Each is refused with its kind, and neither the point nor a name of it stays. */
    @Test
    void pointsThatCannotBeWrittenLeaveNothingBehind() {
        batch.point("kept").tag("k", "v").field("f", 1).at(1);
        List<String> before = DecodedRows.of(batch);
        refused("Empty", b -> b.point(""));
        refused("Empty", b -> b.point("new").tag("", "v"));
        refused("Empty", b -> b.point("new").field("", 1));
        refused("LineFeed", b -> b.point("new").tag("k", "a\nb"));
        refused("LineFeed", b -> b.point("new").tag("k", new StringBuilder("aaaaaaaaaaaaaaa\nb")));
        refused("TrailingBackslash", b -> b.point("new").tag("k", "aaaaaaa\\"));
        refused("NotFinite", b -> b.point("new").field("f", Double.NaN));
        refused("NotFinite", b -> b.point("new").field("f", Float.NEGATIVE_INFINITY));
        refused("IntegerTooLarge", b -> b.point("new").fieldUnsigned("f", -1));
        refused("NoField", b -> b.point("new").tag("k", "v").at(1));
        refused("NoField", b -> b.point("new").now());
        refused("NoField", b -> b.point("new").serverTime());
        refused("TimeOutOfRange", b -> b.point("new").field("f", 1).at(Instant.MAX));
        refused("TimeOutOfRange", b -> b.point("new").field("f", 1).at(Instant.MIN));
        for (String half : List.of("\ud83d", "a\ude00b", "\ude00\ud83d", "12345678\ud83d", "é\ud83dx")) {
            refused("UnpairedSurrogate", b -> b.point(half));
            refused("UnpairedSurrogate", b -> b.point("new").tag("k", half));
            refused("UnpairedSurrogate", b -> b.point("new").tag(half, "v"));
            refused("UnpairedSurrogate", b -> b.point("new").field("s", half));
            refused("UnpairedSurrogate", b -> b.point("new").field("s", new StringBuilder(half)));
            refused("UnpairedSurrogate", b -> b.point("new").field(half, 1));
        }
        assertEquals(before, DecodedRows.of(batch));
        batch.point("new").tag("new2", "v").field("f", 2).at(2);
        before = DecodedRows.of(batch);
        assertEquals(List.of("POINT new", "TAG new2=v", "I64 f=2", "AT 2"), before.subList(4, 8));
        assertEquals(2, batch.points());
    }

    private void refused(String kind, Consumer<PointBatch> write) {
        InvalidPointException error = assertThrows(InvalidPointException.class, () -> write.accept(batch));
        assertEquals(kind, error.points().get(0).kind());
        assertEquals(batch.points(), error.points().get(0).index());
        assertEquals(1, error.count());
    }

    @Test
    void nullIsRefusedEverywhereAndLeavesNothingBehind() {
        assertThrows(NullPointerException.class, () -> PointBatch.create(null));
        assertThrows(NullPointerException.class, () -> batch.point(null));
        assertThrows(NullPointerException.class, () -> batch.point("m").tag(null, "v"));
        assertThrows(NullPointerException.class, () -> batch.point("m").tag("k", null));
        assertThrows(NullPointerException.class, () -> batch.point("m").field(null, 1.0));
        assertThrows(NullPointerException.class, () -> batch.point("m").field(null, 1));
        assertThrows(NullPointerException.class, () -> batch.point("m").field(null, true));
        assertThrows(NullPointerException.class, () -> batch.point("m").field(null, "s"));
        assertThrows(NullPointerException.class, () -> batch.point("m").fieldUnsigned(null, 1));
        assertThrows(NullPointerException.class, () -> batch.point("m").field("k", (CharSequence) null));
        assertThrows(
                NullPointerException.class, () -> batch.point("m").field("k", 1).at(null));
        assertEquals(0, batch.points() + batch.bytes());
    }

    @Test
    void aWriterThatIsMisusedSaysSo() {
        PointWriter writer = batch.point("m");
        writer.field("f", 1);
        assertThrows(IllegalStateException.class, () -> writer.tag("k", "v"));
        assertThrows(IllegalStateException.class, () -> writer.field("f", 1));
        assertThrows(IllegalStateException.class, () -> writer.at(1));
        assertThrows(IllegalStateException.class, () -> writer.tag("k", "v"));
        batch.point("open").field("f", 1);
        assertThrows(IllegalStateException.class, batch::lend);
        assertThrows(IllegalStateException.class, () -> batch.point("next"));
        assertSame(writer, batch.point("next"), "a batch has one writer");
        writer.field("f", 1).at(1);
        assertEquals(1, batch.points());
    }

    @Test
    void aBatchUnderWayIsReadAndNotChanged() {
        batch.point("m").field("f", 1).at(1);
        batch.lend();
        assertThrows(IllegalStateException.class, () -> batch.point("m"));
        assertThrows(IllegalStateException.class, batch::clear);
        batch.lend();
        batch.release();
        assertThrows(IllegalStateException.class, batch::clear);
        assertEquals(1, batch.points());
        batch.close();
        assertEquals(3, DecodedRows.of(batch).size(), "the buffer stays until nobody reads it");
        batch.release();
        assertThrows(IllegalStateException.class, () -> batch.point("m"));
        assertThrows(IllegalStateException.class, batch::lend);
        batch.close();
    }

    /** Names that were used before are known again after a clear, and many names do not stay for ever. */
    @Test
    void manyNamesAndManyBatches() {
        for (int round = 0; round < 3; round++) {
            batch.clear();
            for (int i = 0; i < 10_000; i++) {
                batch.point("m" + i % 7).field("f" + i, i).at(i);
            }
            List<String> rows = DecodedRows.of(batch);
            assertEquals("I64 f9999=9999", rows.get(rows.size() - 2));
            assertEquals(30_000, rows.size());
        }
    }

    /** A text whose length changes between the questions for it. */
    @Test
    void aTextThatLiesAboutItsLengthHarmsNothing() {
        CharSequence shrinking = new CharSequence() {
            @Override
            public int length() {
                return 100;
            }

            @Override
            public char charAt(int index) {
                if (index > 10) {
                    throw new IndexOutOfBoundsException(index);
                }
                return 'é';
            }

            @Override
            public CharSequence subSequence(int start, int end) {
                return this;
            }
        };
        assertThrows(IndexOutOfBoundsException.class, () -> batch.point("m").field("s", shrinking));
        assertThrows(IllegalStateException.class, () -> batch.point("n"), "the point before is open, and goes");
        batch.point("n").field("f", 1).at(1);
        assertEquals(List.of("POINT n", "I64 f=1", "AT 1"), DecodedRows.of(batch));
    }

    @Test
    void aPointCostsNoObject() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        String[] hosts = {"server-1.example", "server-2.example"};
        long before = 0;
        for (int round = 0; round < 3; round++) {
            before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            batch.clear();
            for (int i = 0; i < 50_000; i++) {
                batch.point("cpu")
                        .tag("host", hosts[i & 1])
                        .field("usage", 0.5 * i)
                        .field("procs", i)
                        .at(i);
            }
        }
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(allocated < 50_000, allocated + " bytes for 50,000 points");
    }
}
