package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinesTest {

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void countsWhatIsALine() {
        assertEquals(0, Lines.count(bytes("")));
        assertEquals(0, Lines.count(bytes("\n \n#no m v=1\n\r\n")));
        assertEquals(1, Lines.count(bytes("m v=\"a\nb\"")));
        assertEquals(2, Lines.count(bytes("m v=\"a\\\"\nb\" 1\nm,t=\"\\ x v=1")));
        assertEquals(3, Lines.count(bytes("m v=1\n\nm v=2\r\n m v=3")));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "m v=1 1,true", "m v=1 -1,true", "m v=1,false", "m v=1 ,false", "m v=1  12 ,true", "m 1,false",
                "m v=\"a 1\",false", "m v=\"a\" 1,true", "m\\ 1 v=1,false", "m v=1 x1,false", "m v=1 1x,false",
                        "m v=1 -,false"
            })
    void tellsLinesWithATime(String line, boolean has) {
        assertEquals(has, Lines.allHaveTime(bytes(line)));
    }

    @Test
    void oneLineWithoutATimeIsEnough() {
        assertTrue(Lines.allHaveTime(bytes("m v=1 1\nm v=2 2\n")));
        assertFalse(Lines.allHaveTime(bytes("m v=1 1\nm v=2\nm v=3 3")));
    }

    @Test
    void findsALineThatIsThereOnce() {
        byte[] lines = bytes("m v=1 1\n#m v=9\nm v=2 2\nm v=2 2\nm v=");
        assertEquals(0, Lines.indexOf(lines, bytes("m v=1 1")));
        assertEquals(-1, Lines.indexOf(lines, bytes("m v=2 2")));
        assertEquals(3, Lines.indexOf(lines, bytes("m v=")));
        assertEquals(-1, Lines.indexOf(lines, bytes("m")));
    }

    @Test
    void anyBytesCanBeWalkedOver() {
        Random random = new Random(7);
        byte[] few = bytes("m ,=\"\\\n1#\r");
        for (int i = 0; i < 20_000; i++) {
            byte[] some = new byte[random.nextInt(20)];
            for (int k = 0; k < some.length; k++) {
                some[k] = few[random.nextInt(few.length)];
            }
            int count = Lines.count(some);
            assertTrue(count <= some.length);
            Lines.allHaveTime(some);
            Lines.indexOf(some, some);
        }
    }
}
