//! Each fault does what it says, and a heal ends all of them.

use std::time::{Duration, Instant};

use http::Method;
use influx_server_mock::{
    CannedReply, ClockSkew, Disk, Fault, LinkFault, Probability, Profile, ReplyCut, ReplyFault, TestCluster,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{LIMIT, Reply, query, send, until, within, write};

async fn cluster(meta: usize, data: usize) -> TestCluster {
    let builder = TestCluster::builder().nodes(meta, data);
    let cluster = builder
        .set("write-timeout", "2s")
        .set("dial-timeout", "300ms")
        .set("hh-retry-interval", "50ms")
        .set("hh-retry-max-interval", "100ms");
    let cluster = cluster.start().await.unwrap();
    cluster.create_database("d", u32::try_from(data).unwrap()).await.unwrap();
    cluster
}

async fn put(cluster: &TestCluster, node: &str, level: &str, line: &str) -> Reply {
    write(&cluster.node(node).url(), &format!("db=d&consistency={level}"), line).await
}

/// The bytes that a request gets, until the connection ends or nothing comes for a while.
async fn raw(cluster: &TestCluster, node: &str, request: &str) -> String {
    let url = cluster.node(node).url();
    let mut tcp = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after some bytes is an end like any other here.
    let _ = within("the end of the connection", tcp.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

const SHOW: &str = "GET /query?q=SHOW+DATABASES HTTP/1.1\r\nHost: x\r\n\r\n";

/// The write arrived, the answer did not; and the other way round nothing arrives.
#[tokio::test]
async fn one_way_cuts_lose_answers_or_requests() {
    let cluster = cluster(1, 2).await;
    assert_eq!(put(&cluster, "data1", "all", "m v=1 1").await.status, 204);
    cluster.cut_one_way("data2", "data1");
    let unheard = put(&cluster, "data1", "all", "m v=1 2").await;
    assert_ne!(unheard.status, 204, "{unheard:?}");
    until("the write arrives", || async { cluster.count_on("data2", "d", "m").await == 2 }).await;
    cluster.heal();
    cluster.cut_one_way("data1", "data2");
    let lost = put(&cluster, "data1", "all", "m v=1 3").await;
    assert_ne!(lost.status, 204, "{lost:?}");
    assert_eq!(cluster.count_on("data2", "d", "m").await, 2, "the request is lost");
    assert_eq!(cluster.count_on("data1", "d", "m").await, 3);
    cluster.heal();
    cluster.wait_until_settled().await.unwrap();
    cluster.wait_until_in_sync().await.unwrap();
    assert_eq!(cluster.count_on("data2", "d", "m").await, 3, "hinted handoff brings what was lost");
}

#[tokio::test]
async fn slow_links_make_slow_writes() {
    let cluster = cluster(1, 2).await;
    assert_eq!(put(&cluster, "data1", "all", "m v=1 1").await.status, 204);
    cluster.delay("data1", "data2", Duration::from_millis(60));
    let start = Instant::now();
    assert_eq!(put(&cluster, "data1", "all", "m v=1 2").await.status, 204);
    assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    cluster.heal();
    let lossy = LinkFault::new().drop(Probability::ALWAYS);
    cluster.link("data1", "data2", lossy);
    assert_ne!(put(&cluster, "data1", "all", "m v=1 3").await.status, 204);
    assert_eq!(put(&cluster, "data1", "one", "m v=1 4").await.status, 204);
}

#[tokio::test]
async fn disks_are_full_each_for_itself() {
    let mut cluster = cluster(3, 2).await;
    assert_eq!(put(&cluster, "data1", "all", "m v=1 1").await.status, 204);
    cluster.node("data2").fill_disk(Disk::Shards);
    assert_ne!(put(&cluster, "data1", "all", "m v=1 2").await.status, 204);
    cluster.heal();
    // What was refused was queued, and a queue in use takes the writes that follow.
    cluster.wait_until_settled().await.unwrap();
    assert_eq!(put(&cluster, "data1", "all", "m v=1 2").await.status, 204);
    cluster.node_mut("data2").kill();
    cluster.node("data1").fill_disk(Disk::Handoff);
    let full = put(&cluster, "data1", "all", "m v=1 3").await;
    assert_eq!(full.status, 500);
    assert!(cluster.node("data1").handoff_depths().await.is_empty(), "nothing could be queued");
    cluster.heal();
    cluster.node("data1").fill_handoff();
    let full = put(&cluster, "data1", "all", "m v=1 3").await;
    assert!(cluster.node("data1").handoff_depths().await.is_empty(), "{full:?}");
    cluster.heal();
    put(&cluster, "data1", "all", "m v=1 4").await;
    until("a queued write", || async { cluster.node("data1").handoff_depths().await.len() == 1 }).await;
    cluster.node_mut("data2").restart().await.unwrap();
    cluster.wait_until_settled().await.unwrap();
}

/// With the logs of two of three meta nodes full nothing can be made, and afterwards it can.
#[tokio::test]
async fn a_full_raft_log_holds_metadata_up_until_there_is_space() {
    let cluster = cluster(3, 1).await;
    for node in ["meta1", "meta2", "meta3"] {
        cluster.node(node).fill_disk(Disk::Raft);
    }
    let url = cluster.node("data1").url();
    let making = tokio::spawn(async move { query(&url, "", "CREATE DATABASE e").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!making.is_finished());
    cluster.heal();
    let made = within("the database", making).await.unwrap();
    assert_eq!(made.status, 200);
    cluster.create_database("f", 1).await.unwrap();
}

#[tokio::test]
async fn a_slow_disk_delays_its_node_alone() {
    let cluster = cluster(1, 2).await;
    assert_eq!(put(&cluster, "data1", "all", "m v=1 1").await.status, 204);
    cluster.node("data2").slow_disk(Disk::Shards, Duration::from_millis(150));
    let start = Instant::now();
    assert_eq!(put(&cluster, "data1", "all", "m v=1 2").await.status, 204);
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_wrong_clock_stamps_points() {
    let cluster = cluster(1, 1).await;
    cluster.node("data1").skew_clock(ClockSkew::ahead(Duration::from_secs(7200)));
    assert_eq!(put(&cluster, "data1", "one", "m v=1").await.status, 204);
    let url = cluster.node("data1").url();
    let stamped = query(&url, "db=d&epoch=s", "SELECT v FROM m").await.json();
    let time = stamped["results"][0]["series"][0]["values"][0][0].as_i64().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((7_190..7_210).contains(&(time - i64::try_from(now).unwrap())), "{time}");
}

#[tokio::test]
async fn a_public_port_refuses_while_the_node_goes_on() {
    let cluster = cluster(1, 2).await;
    cluster.node("data2").refuse_http();
    let url = cluster.node("data2").url();
    let address = url.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "refused");
    assert_eq!(put(&cluster, "data1", "all", "m v=1 1").await.status, 204, "the others still reach it");
    cluster.heal();
    assert!(TcpStream::connect(address).await.is_ok(), "taken again");
    assert_eq!(put(&cluster, "data2", "all", "m v=1 2").await.status, 204);
}

/// Points in an existing shard group are written without meta nodes.
#[tokio::test]
async fn without_meta_nodes_existing_shard_groups_go_on() {
    let cluster = cluster(3, 1).await;
    assert_eq!(put(&cluster, "data1", "one", "m v=1 1").await.status, 204);
    cluster.meta_down();
    assert_eq!(put(&cluster, "data1", "one", "m v=1 2").await.status, 204);
    let meta = cluster.node("meta1").url();
    assert!(TcpStream::connect(meta.strip_prefix("http://").unwrap()).await.is_err(), "refused");
    cluster.heal();
    cluster.create_database("after", 1).await.unwrap();
}

#[tokio::test]
async fn replies_are_as_ordered_and_then_the_nodes_own() {
    let cluster = cluster(1, 1).await;
    let node = cluster.node("data1");
    node.reply(ReplyFault::canned(CannedReply::of_class("timeout", Profile::V1_8).unwrap()).on("/write").times(2));
    for _ in 0..2 {
        let refused = put(&cluster, "data1", "one", "m v=1 1").await;
        assert_eq!((refused.status.as_u16(), refused.text()), (500, "{\"error\":\"timeout\"}\n"));
        assert_eq!(refused.headers["x-influxdb-error"], "timeout");
    }
    assert_eq!(cluster.count_on("data1", "d", "m").await, 0, "nothing was handled");
    assert!(cluster.faults().is_empty(), "used up");
    assert_eq!(put(&cluster, "data1", "one", "m v=1 1").await.status, 204);

    node.reply(ReplyFault::canned(CannedReply::new(204)).on("/query").times(1));
    let canned = CannedReply::new(418).header("X-Tea", "green").body("short and stout");
    node.reply(ReplyFault::canned(canned).after_handling().on("/write").times(1));
    let teapot = put(&cluster, "data1", "one", "m v=1 2").await;
    assert_eq!((teapot.status.as_u16(), teapot.text()), (418, "short and stout"));
    assert_eq!(teapot.headers["x-tea"], "green");
    assert_eq!(cluster.count_on("data1", "d", "m").await, 2, "it was handled all the same");
    assert_eq!(query(&node.url(), "", "SHOW DATABASES").await.status, 204);
}

#[tokio::test]
async fn replies_are_cut_where_ordered() {
    let cluster = cluster(1, 1).await;
    let node = cluster.node("data1");
    let cut = |cut| node.reply(ReplyFault::real().cut(cut).times(1));
    let body = query(&node.url(), "", "SHOW DATABASES").await.text().to_owned();
    assert!(body.contains("results"), "{body}");
    cut(ReplyCut::BeforeHead);
    assert_eq!(raw(&cluster, "data1", SHOW).await, "");
    cut(ReplyCut::AfterHead);
    let head = raw(&cluster, "data1", SHOW).await;
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    cut(ReplyCut::MidBody);
    let half = raw(&cluster, "data1", SHOW).await;
    assert_eq!(half.split_once("\r\n\r\n").unwrap().1, &body[..body.len() / 2]);
    // Without a body the head would be the whole answer.
    cut(ReplyCut::MidBody);
    let ping = raw(&cluster, "data1", "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(ping, "");
    assert!(cluster.faults().is_empty());
}

#[tokio::test]
async fn late_and_withheld_replies_end_with_the_heal() {
    let cluster = cluster(1, 1).await;
    let node = cluster.node("data1");
    node.reply(ReplyFault::real().delayed(Duration::from_millis(150)).times(1));
    let start = Instant::now();
    assert_eq!(put(&cluster, "data1", "one", "m v=1 1").await.status, 204);
    assert!(start.elapsed() >= Duration::from_millis(150));
    node.reply(ReplyFault::real().delayed(LIMIT * 10).times(1));
    node.reply(ReplyFault::real().cut(ReplyCut::Never));
    let url = node.url();
    let late = tokio::spawn(async move { write(&url, "db=d", "m v=1 2").await });
    until("the late write", || async { cluster.count_on("data1", "d", "m").await == 2 }).await;
    let never = raw(&cluster, "data1", SHOW);
    tokio::pin!(never);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut never).await.is_err());
    cluster.heal();
    assert_eq!(never.await, "", "the connection is closed");
    assert_eq!(within("the late answer", late).await.unwrap().status, 204);
}

/// Whatever was wrong, after one heal every link is whole and every node takes writes at `all`.
#[tokio::test]
async fn after_a_heal_nothing_is_wrong() {
    let cluster = cluster(3, 3).await;
    let names = ["data1", "data2", "data3", "meta1", "meta2", "meta3"];
    for seed in 0..6 {
        let mut rng = fastrand::Rng::with_seed(seed);
        for _ in 0..6 {
            cluster.inject(&random(&mut rng, &names)).unwrap();
        }
        // Something has to be on its way when the heal comes.
        let urls = cluster.urls();
        let writing = tokio::spawn(async move {
            let writes = urls.iter().map(|url| send_or_fail(url, seed));
            futures::future::join_all(writes).await;
        });
        tokio::time::sleep(Duration::from_millis(rng.u64(0..150))).await;
        cluster.heal();
        assert!(cluster.faults().is_empty());
        writing.await.unwrap();
        for node in ["data1", "data2", "data3"] {
            // A queue that still drains, or metadata that are late, may refuse for a moment.
            until(&format!("a write at all through {node} after seed {seed}"), || async {
                put(&cluster, node, "all", &format!("w,node={node} v=1 {seed}")).await.status == 204
            })
            .await;
        }
    }
    cluster.wait_until_settled().await.unwrap();
    cluster.wait_until_in_sync().await.unwrap();
    assert_eq!(cluster.count_on("data3", "d", "w").await, 18);
}

/// A write that may meet anything, a refused or broken connection included.
async fn send_or_fail(url: &str, seed: u64) {
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let body = format!("x v=1 {seed}");
    let attempt = async {
        let mut tcp = TcpStream::connect(&address).await?;
        let length = body.len();
        let head = format!("POST /write?db=d&consistency=all HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n");
        tcp.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await?;
        tcp.read_to_end(&mut Vec::new()).await
    };
    let _ = within("the end of a write under faults", attempt).await;
}

fn random(rng: &mut fastrand::Rng, names: &[&str; 6]) -> Fault {
    let data = names[rng.usize(..3)].to_owned();
    let meta = names[rng.usize(3..6)].to_owned();
    let delay = Duration::from_millis(rng.u64(1..400));
    match rng.u8(..8) {
        0 => Fault::RefuseHttp { node: data },
        1 => Fault::HandoffFull { node: data },
        2 => Fault::MetaDown { node: meta },
        3 => Fault::Reply { node: data, fault: ReplyFault::real().cut(ReplyCut::Never) },
        4 => Fault::Partition { sides: vec![vec![data], vec![meta]] },
        _ => {
            let from = rng.usize(..6);
            let to = (from + rng.usize(1..6)) % 6;
            let mut fault = LinkFault::new().delay(delay).jitter(delay).seed(rng.u64(..));
            if rng.bool() {
                fault = fault.cut();
            }
            if rng.bool() {
                fault = fault.drop(Probability::percent(rng.u8(1..=100)));
            }
            if rng.bool() {
                fault = fault.bandwidth(rng.u64(100..10_000));
            }
            let (from, to) = (names[from].to_owned(), names[to].to_owned());
            Fault::Link { from, to, both_ways: rng.bool(), fault }
        }
    }
}

/// The fault API is for whoever has the token, by an address of this machine, and takes nothing that it cannot read.
#[tokio::test]
async fn the_fault_api_refuses_strangers_and_nonsense() {
    let cluster = cluster(1, 1).await;
    let node = cluster.node("data1");
    let url = format!("http://{}", node.admin_address());
    let token = format!("Bearer {}", node.admin_token());
    let put = |headers: Vec<(&'static str, String)>, body: Vec<u8>| {
        let url = url.clone();
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(&url, Method::PUT, "/faults", &headers, body).await.status.as_u16()
        }
    };
    let known = || ("Authorization", token.clone());
    assert_eq!(put(vec![], b"{}".to_vec()).await, 401);
    assert_eq!(put(vec![("Authorization", "Bearer ".to_owned())], b"{}".to_vec()).await, 401);
    assert_eq!(put(vec![("Authorization", format!("{token}x"))], b"{}".to_vec()).await, 401);
    assert_eq!(put(vec![known()], b"{}".to_vec()).await, 204);
    for nonsense in ["", "{", "[]", "{\"links\":1}", "{\"x\":1}", "{\"node\":{\"clock\":\"late\"}}"] {
        assert_eq!(put(vec![known()], nonsense.as_bytes().to_vec()).await, 400, "{nonsense}");
    }
    let impossible = "{\"links\":{\"to\":{\"data2\":{\"drop\":7}}}}";
    assert_eq!(put(vec![known()], impossible.as_bytes().to_vec()).await, 400);
    let deep = "[".repeat(200_000);
    assert_eq!(put(vec![known()], deep.into_bytes()).await, 400);
    assert_eq!(put(vec![known()], vec![b' '; (1 << 20) + 1]).await, 413);
    let address = node.admin_address().to_owned();
    let host = |host: &str| {
        let (address, token, host) = (address.clone(), token.clone(), host.to_owned());
        async move {
            let mut tcp = TcpStream::connect(address).await.unwrap();
            let request =
                format!("GET /faults HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n");
            tcp.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            within("an answer", tcp.read_to_string(&mut answer)).await.unwrap();
            answer.split(' ').nth(1).unwrap().to_owned()
        }
    };
    assert_eq!(host(&address).await, "200");
    assert_eq!(host("evil.example").await, "403", "a name bound to this machine");
    assert_eq!(host("").await, "403");
    assert!(cluster.faults().is_empty());
    assert_eq!(self::put(&cluster, "data1", "one", "m v=1 1").await.status, 204, "nothing of it had an effect");
}
