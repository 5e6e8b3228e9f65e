package example.migration;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.influxdb.impl.InfluxDBResultMapper;

/** An application that was written for influxdb-java: it stores readings and reads them back. */
public class Collector implements AutoCloseable {

    private static final int MOST_ATTEMPTS = 3;

    private final InfluxDB influx;
    private final String database;

    public Collector(String url, String database) {
        this.influx = InfluxDBFactory.connect(url);
        this.database = database;
    }

    public Point reading(String station, Instant at, double celsius) {
        return Point.measurement("temperature")
                .time(at.toEpochMilli(), TimeUnit.MILLISECONDS)
                .tag("station", station)
                .addField("celsius", celsius)
                .build();
    }

    /** Stores points at level quorum, and says how many attempts it took; none of the last ones if it failed. */
    public int store(Point... points) {
        BatchPoints batch = BatchPoints.database(database)
                .consistency(InfluxDB.ConsistencyLevel.QUORUM)
                .points(points)
                .build();
        int attempts = 1;
        while (true) {
            try {
                influx.write(batch);
                return attempts;
            } catch (InfluxDBException e) {
                // Some answers are worth another attempt, and some never will be: the library ought to know which.
                if (!e.isRetryWorth() || attempts == MOST_ATTEMPTS) {
                    throw new Failed(attempts, e);
                }
                attempts++;
            }
        }
    }

    public List<Reading> readings(String station) {
        Query query = new Query("SELECT * FROM temperature WHERE station = '" + station + "'", database);
        return new InfluxDBResultMapper().toPOJO(influx.query(query), Reading.class);
    }

    @Override
    public void close() {
        influx.close();
    }

    /** The points are not stored, or not all of them. */
    public static class Failed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final int attempts;

        Failed(int attempts, InfluxDBException cause) {
            super(cause);
            this.attempts = attempts;
        }

        public int attempts() {
            return attempts;
        }
    }
}
