package org.influxdb.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * Records are written as influxdb-java 2.25 writes them, and read, which that cannot. Compiled where there are
 * records.
 */
@EnabledForJreRange(min = JRE.JAVA_16)
class RecordsTest {

    private static final String MAPPER_EXCEPTION = "!! org.influxdb.InfluxDBMapperException";

    @Test
    void writtenAlikeAndRead() throws ReflectiveOperationException {
        Application application = Application.compiled("records", 16);
        List<String> theirs = application.runWithTheirs("Records", 0, 0);
        List<String> ours = application.runWithOurs("Records", 0, 0);

        assertEquals(theirs.subList(0, 3), ours.subList(0, 3));
        assertEquals("write reading\t>> reading,host=a count=1i,on=true,usage=2.5 0", ours.get(0));
        for (String step : theirs.subList(3, theirs.size() - 1)) {
            assertTrue(step.endsWith(MAPPER_EXCEPTION), step);
        }
        assertEquals(
                List.of(
                        "read whole\t>> [Reading[time=2020-01-01T00:00:00.123456789Z, host=a, count=7, usage=1.5, on=true]]",
                        "read with tags\t>> [Reading[time=null, host=b, count=7, usage=null, on=false]]",
                        "read nulls\t>> [Reading[time=null, host=null, count=0, usage=null, on=false]]",
                        "read all fields\t>> [Checked[count=7, note=x]]",
                        "read what the record refuses\t!! java.lang.IllegalArgumentException",
                        "read part\t>> [Part[unmapped=0, small=7, note=x]]",
                        "read what does not fit\t" + MAPPER_EXCEPTION,
                        "read nothing known\t>> []"),
                ours.subList(3, ours.size()));
    }
}
