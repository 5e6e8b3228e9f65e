//! How long a cluster inside one process takes until every node answers.
//!
//! `cargo bench -p influx-server-mock --bench startup`

use influx_server_mock::{TestCluster, Topology};

fn main() {
    divan::main();
}

fn start(bencher: divan::Bencher<'_, '_>, topology: Topology) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for the benchmark");
    bencher.bench_local(|| {
        // Returned, so that taking the cluster down is not counted.
        runtime.block_on(TestCluster::builder().topology(topology).start()).expect("a cluster on free ports")
    });
}

/// 3 meta nodes and 5 data nodes, to be ready in half a second or less.
#[divan::bench(sample_count = 20)]
fn three_meta_five_data(bencher: divan::Bencher<'_, '_>) {
    start(bencher, Topology::Apart { meta: 3, data: 5 });
}

/// The smallest cluster.
#[divan::bench(sample_count = 20)]
fn one_meta_one_data(bencher: divan::Bencher<'_, '_>) {
    start(bencher, Topology::Apart { meta: 1, data: 1 });
}
