package io.influxclient.junit;

import java.io.IOException;

/** The faults of a cluster of version 1.8. */
@InfluxCluster(
        data = 2,
        database = "app",
        settings = {"write-timeout=2s", "dial-timeout=300ms", "hh-retry-interval=50ms", "hh-retry-max-interval=100ms"})
class FaultsIn18Test extends Faults {

    FaultsIn18Test(TestCluster cluster) throws IOException {
        super(cluster);
    }
}
