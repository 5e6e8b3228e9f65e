package io.influxclient.junit;

import java.io.IOException;

/** The same faults of a cluster of version 0.10. */
@InfluxCluster(
        data = 2,
        database = "app",
        profile = Profile.V0_10,
        settings = {"write-timeout=2s", "shard-writer-timeout=2s", "hh-retry-interval=50ms", "ack-dropped-shard=false"})
class FaultsIn010Test extends Faults {

    FaultsIn010Test(TestCluster cluster) throws IOException {
        super(cluster);
    }
}
