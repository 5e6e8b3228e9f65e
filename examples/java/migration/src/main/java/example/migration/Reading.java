package example.migration;

import java.time.Instant;
import org.influxdb.annotation.Column;
import org.influxdb.annotation.Measurement;

/** A reading as it is read back. */
@Measurement(name = "temperature")
public class Reading {

    @Column(name = "time")
    private Instant time;

    @Column(name = "station", tag = true)
    private String station;

    @Column(name = "celsius")
    private double celsius;

    public Instant time() {
        return time;
    }

    public String station() {
        return station;
    }

    public double celsius() {
        return celsius;
    }
}
