package io.influxclient.benchmarks;

import com.influxdb.client.domain.WritePrecision;
import io.questdb.client.Sender;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.influxdb.dto.Point;

/** How each of the other clients takes a reading, in the way that its guide shows first. */
final class Rivals {
    private Rivals() {}

    static Point influxdbJava(Reading reading) {
        return Point.measurement(Reading.MEASUREMENT)
                .tag("host", reading.host)
                .tag("region", reading.region)
                .tag("rack", reading.rack)
                .addField("usage_user", reading.user)
                .addField("usage_system", reading.system)
                .addField("usage_idle", reading.idle)
                .addField("interrupts", reading.interrupts)
                .time(reading.time, TimeUnit.NANOSECONDS)
                .build();
    }

    static com.influxdb.client.write.Point influxdbClientJava(Reading reading) {
        return com.influxdb.client.write.Point.measurement(Reading.MEASUREMENT)
                .addTag("host", reading.host)
                .addTag("region", reading.region)
                .addTag("rack", reading.rack)
                .addField("usage_user", reading.user)
                .addField("usage_system", reading.system)
                .addField("usage_idle", reading.idle)
                .addField("interrupts", reading.interrupts)
                .time(reading.time, WritePrecision.NS);
    }

    static void questdb(Sender sender, Reading reading) {
        sender.table(Reading.MEASUREMENT)
                .symbol("host", reading.host)
                .symbol("region", reading.region)
                .symbol("rack", reading.rack)
                .doubleColumn("usage_user", reading.user)
                .doubleColumn("usage_system", reading.system)
                .doubleColumn("usage_idle", reading.idle)
                .longColumn("interrupts", reading.interrupts)
                .at(reading.time, ChronoUnit.NANOS);
    }
}
