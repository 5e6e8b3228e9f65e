//! Points over UDP.

use std::net::UdpSocket;

use serde_json::json;

use crate::daemon::Daemon;
use crate::fixture::{query, until, within};

fn send(server: &Daemon, datagram: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(datagram.as_bytes(), server.udp.as_deref().unwrap()).unwrap();
}

async fn values(server: &Daemon, parameters: &str, statement: &str) -> serde_json::Value {
    query(&server.http, parameters, statement).await.json()["results"][0]["series"][0]["values"].clone()
}

#[tokio::test]
async fn points_are_written_once_a_batch_is_full_or_has_waited() {
    for profile in ["1.8", "0.10"] {
        let set = ["--profile", profile, "--set", "udp-batch-size=3", "--set", "udp-batch-timeout=1h"];
        let server = Daemon::start(&set);
        send(&server, "m v=1i 1\nm v=2i 2");
        assert!(!query(&server.http, "", "SHOW DATABASES").await.text().contains("\"udp\""), "nothing was written yet");
        // The datagram with a bad line is dropped with its good ones.
        send(&server, "m v=9i 9\nbad");
        send(&server, "m v=3i 3");
        until("the full batch", || async {
            values(&server, "db=udp&epoch=ns", "SELECT v FROM m").await == json!([[1, 1], [2, 2], [3, 3]])
        })
        .await;
    }
    let set = ["--set", "udp-batch-timeout=1ms", "--set", "udp-database=other", "--set", "udp-precision=s"];
    let server = Daemon::start(&set);
    send(&server, "m v=1i 2");
    until("the batch that waited", || async {
        values(&server, "db=other&epoch=ns", "SELECT v FROM m").await == json!([[2_000_000_000, 1]])
    })
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_was_gathered_is_written_before_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let mut server = Daemon::start(&["--dir", place, "--set", "udp-batch-timeout=1h"]);
    send(&server, "m v=1i 1");
    // A datagram has no answer: a second one, with a batch's end, would change what is tested. Its socket's queue tells.
    let udp = server.udp.clone().unwrap();
    within("the datagram taken", async {
        while queued(&udp) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.signal();
    assert!(server.ended().await.success());
    let again = Daemon::start(&["--dir", place]);
    assert_eq!(values(&again, "db=udp&epoch=ns", "SELECT v FROM m").await, json!([[1, 1]]));
}

#[cfg(target_os = "linux")]
/// Bytes that wait in the queue of a UDP socket.
fn queued(address: &str) -> usize {
    let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    let own = format!(":{port:04X} ");
    let row = table.lines().find(|line| line.contains(&own)).unwrap();
    let queues = row.split_whitespace().nth(4).unwrap();
    usize::from_str_radix(queues.rsplit_once(':').unwrap().1, 16).unwrap()
}
