#![allow(missing_docs)]
use influx_server_mock::*;
#[tokio::main(flavor = "current_thread")]
async fn main() {
    for _ in 0..5 {
        let t = std::time::Instant::now();
        let c = TestCluster::builder().nodes(3, 5).start().await;
        println!("{:?} {}", t.elapsed(), match &c { Ok(c) => c.urls().join(" "), Err(e) => e.to_string() });
    }
    let c = TestCluster::builder().nodes(3, 3).start().await.expect("up");
    println!("{}", c.urls().join(","));
    if std::env::args().nth(1).is_some() { tokio::time::sleep(std::time::Duration::from_secs(600)).await; }
}
