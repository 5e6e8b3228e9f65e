//! Races of the real servers, behind switches.

use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{create_database, until, values, write};

/// Writes to new shard groups at `all`, and how many copies of how many are missing when all was acknowledged.
async fn missing_copies(switch: Option<&str>) -> usize {
    let mut builder = TestCluster::builder().profile(Profile::V0_10).nodes(1, 3);
    if let Some(switch) = switch {
        builder = builder.set("ack-dropped-shard", switch);
    }
    let cluster = builder.start().await.unwrap();
    create_database(&cluster, "d").await;
    let urls: Vec<String> = ["data1", "data2", "data3"].map(|name| cluster.node(name).url()).to_vec();
    let week = 7 * 86_400 * 1_000_000_000_i64;
    for group in 1..=4 {
        // The first data node hears of a new group before the others.
        let answer = write(&urls[0], "db=d&consistency=all", &format!("m v={group} {}", group * week)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (204, ""));
    }
    let mut missing = 0;
    for url in &urls {
        // A node that has not heard of a group does not look for its copy.
        until("all groups", || async { values(url, "d", "SHOW SHARD GROUPS").await.len() == 4 }).await;
        missing += 4 - values(url, "d", "SELECT v FROM m").await.len();
    }
    missing
}

/// Profile 0.10: a write that makes a shard group is acknowledged at `all` by nodes that drop it.
#[tokio::test]
async fn an_acknowledgement_in_a_new_shard_group_proves_nothing_in_0_10() {
    assert!(missing_copies(None).await > 0);
    assert_eq!(missing_copies(Some("false")).await, 0);
}

/// What a batch with a refused point before good ones is answered, and how many points each replica has then.
async fn with_slice_race(outcome: &str, level: &str) -> (u16, String, Vec<usize>) {
    let cluster = TestCluster::builder().nodes(1, 3).set("shared-slice-race", outcome).start().await.unwrap();
    create_database(&cluster, "d").await;
    let urls: Vec<String> = ["data1", "data2", "data3"].map(|name| cluster.node(name).url()).to_vec();
    assert_eq!(write(&urls[0], "db=d&consistency=all", "m v=1i 1").await.status, 204);
    let batch = "m v=\"bad\" 2\nm v=3i 3\nm v=4i 4\nm v=5i 5\nm v=6i 6";
    let answer = write(&urls[0], &format!("db=d&consistency={level}"), batch).await;
    // The answer may come before the slowest replica has its part.
    let lost = usize::from(outcome == "lose-good");
    let counts = || async {
        let mut counts = Vec::new();
        for url in &urls {
            counts.push(values(url, "d", "SELECT v FROM m").await.len());
        }
        counts
    };
    until("all parts on all replicas", || async { counts().await.iter().sum::<usize>() == 15 - lost }).await;
    (answer.status.as_u16(), answer.text().to_owned(), counts().await)
}

#[tokio::test]
async fn the_race_over_refused_points_can_be_played() {
    let (status, text, counts) = with_slice_race("drop-bad", "one").await;
    assert_eq!((status, text.as_str(), counts), (204, "", vec![5, 5, 5]), "nobody hears of the refused point");
    let (status, text, _) = with_slice_race("drop-bad", "quorum").await;
    assert_eq!((status, text.as_str()), (500, "{\"error\":\"partial write\"}\n"));
    let (status, text, counts) = with_slice_race("off", "any").await;
    assert_eq!((status, counts), (500, vec![5, 5, 5]));
    assert!(text.contains("write failed: ") && text.contains("field type conflict"), "{text}");
    let (_, _, counts) = with_slice_race("lose-good", "one").await;
    assert_eq!(counts.iter().filter(|count| **count == 4).count(), 1, "one replica differs: {counts:?}");
}
