package io.influxclient.situations;

import io.influxclient.Outcome;
import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.Profile;
import io.influxclient.junit.TestCluster;

/** The situations of a cluster like InfluxDB 0.10: of its partial writes, not even one copy is sure. */
@InfluxCluster(
        database = "app",
        profile = Profile.V0_10,
        // Else a node may acknowledge and lose a write to a shard that it has not heard of yet.
        settings = {
            "write-timeout=2s",
            "ack-dropped-shard=false",
            "hh-retry-interval=50ms",
            "hh-retry-max-interval=100ms"
        })
class Situations010Test extends Situations {

    Situations010Test(TestCluster cluster) {
        super(cluster);
    }

    @Override
    Outcome belowLevel() {
        return Outcome.UNKNOWN;
    }
}
