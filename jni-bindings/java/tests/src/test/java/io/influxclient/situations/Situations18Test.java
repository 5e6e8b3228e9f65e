package io.influxclient.situations;

import io.influxclient.Outcome;
import io.influxclient.junit.InfluxCluster;
import io.influxclient.junit.Profile;
import io.influxclient.junit.TestCluster;

/** The situations of a cluster like influxdb-cluster 1.8. */
@InfluxCluster(
        database = "app",
        profile = Profile.V1_8,
        settings = {"write-timeout=2s", "dial-timeout=300ms", "hh-retry-interval=50ms", "hh-retry-max-interval=100ms"})
class Situations18Test extends Situations {

    Situations18Test(TestCluster cluster) {
        super(cluster);
    }

    @Override
    Outcome belowLevel() {
        return Outcome.BELOW_LEVEL;
    }
}
