package org.influxdb.impl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import okio.Buffer;
import org.junit.jupiter.api.Test;

class JsonResultsTest {

    private static List<Object> row(String values) throws IOException {
        String json = "{\"results\":[{\"series\":[{\"values\":[[" + values + "]]}]}]}";
        return JsonResults.readOnly(new Buffer().writeUtf8(json))
                .getResults()
                .get(0)
                .getSeries()
                .get(0)
                .getValues()
                .get(0);
    }

    @Test
    void numbersAreDoublesThatStillKnowTheWholeNumber() throws IOException {
        List<Object> row = row("9007199254740993,1500000000000000001,-9223372036854775808,1.5,9007199254740992,\"x\"");
        assertEquals(9007199254740992.0, row.get(0));
        assertEquals(
                List.of(9.007199254740992E15, 1.5E18, -9.223372036854775808E18, 1.5, 9.007199254740992E15, "x"), row);
        ExactRow exact = (ExactRow) row;
        assertEquals(9007199254740993L, exact.exact(0));
        assertEquals(1500000000000000001L, exact.exact(1));
        assertEquals(-9.223372036854775808E18, exact.exact(2));
        assertEquals(1.5, exact.exact(3));
        assertEquals(9007199254740992.0, exact.exact(4));
        assertEquals("x", exact.exact(5));
    }

    @Test
    void manyColumnsKeepTheirNumbers() throws IOException {
        StringBuilder values = new StringBuilder("1");
        for (int i = 0; i < 40; i++) {
            values.append(",900719925474099").append(i % 10);
        }
        ExactRow row = (ExactRow) row(values.toString());
        for (int i = 0; i < 40; i++) {
            assertEquals(9007199254740990L + i % 10, ((Number) row.exact(i + 1)).longValue());
        }
    }

    @Test
    void aRowThatADoubleHoldsIsAnOrdinaryList() throws IOException {
        assertSame(
                ArrayList.class,
                row("1,\"a\",true,null,1e300,18446744073709551615").getClass());
    }

    @Test
    void aChangedValueIsAnsweredAsItIs() throws IOException {
        ExactRow row = (ExactRow) row("9007199254740993,9007199254740993");
        row.set(0, "other");
        row.set(1, 1.0);
        assertEquals("other", row.exact(0));
        assertEquals(1.0, row.exact(1));
        row.add(2.0);
        assertEquals(2.0, row.exact(2));
    }

    @Test
    void whatIsNotWholeIsNoResult() {
        Buffer cut = new Buffer().writeUtf8("{\"results\":[");
        assertThrows(EOFException.class, () -> JsonResults.readNext(cut));
        Buffer two = new Buffer().writeUtf8("{} {}");
        assertThrows(IOException.class, () -> JsonResults.readOnly(two));
    }

    @Test
    void documentsOfAStreamAreReadOneByOne() throws IOException {
        Buffer stream = new Buffer().writeUtf8("{\"error\":\"a\"}\n{\"error\":\"b\"}\r\n \t");
        assertEquals("a", JsonResults.readNext(stream).getError());
        assertTrue(!JsonResults.isAtEnd(stream));
        assertEquals("b", JsonResults.readNext(stream).getError());
        assertTrue(JsonResults.isAtEnd(stream));
    }
}
