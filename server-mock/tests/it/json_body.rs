//! The JSON batches of profile 0.10, as written and read back.

use http::Method;
use influx_server_mock::{Profile, TestCluster};
use serde_json::json;

use crate::fixture::{query, send};

#[tokio::test]
async fn a_batch_of_json_is_stored_where_it_says() {
    let cluster = TestCluster::builder().profile(Profile::V0_10).nodes(1, 1).start().await.unwrap();
    let url = cluster.urls().remove(0);
    query(&url, "", "CREATE DATABASE d").await;
    let post = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let reply = send(&url, Method::POST, path, headers, body.to_owned()).await;
        (reply.status.as_u16(), reply.text().to_owned())
    };
    let json_type = [("Content-Type", "application/json")];
    // The database of the address is not looked at, and the level neither.
    let batch = r#"{"database":"d","tags":{"host":"a"},"points":[
        {"measurement":"m","fields":{"v":1,"s":"x y"},"time":1},
        {"measurement":"m","fields":{"v":2.5},"time":"1970-01-01T00:00:02Z"}]}"#;
    assert_eq!(post("/write?db=nope&consistency=junk", &[], batch).await, (204, String::new()));
    let read = query(&url, "db=d&epoch=s", "SELECT v, s, host FROM m").await;
    let rows = json!([[1, 1, "x y", "a"], [2, 2.5, null, "a"]]);
    assert_eq!(read.json()["results"][0]["series"][0]["values"], rows, "{}", read.text());

    let error = |status: u16, text: &str| (status, format!("{{\"error\":\"{text}\"}}\n"));
    assert_eq!(post("/write?db=d", &[], "{\"foo\":1}").await, error(400, "database is required"));
    assert_eq!(post("/write?db=d", &json_type, "{\"database\":").await, error(400, "unexpected EOF"));
    assert_eq!(post("/write", &[], "{\"database\":\"x\"}").await, error(404, "database not found: \\\"x\\\""));
    assert_eq!(post("/write", &[], "{\"database\":\"d\"}").await, (204, String::new()));
    assert_eq!(post("/write", &json_type, " ").await, (200, String::new()));
    let conflict = r#"{"database":"d","points":[{"measurement":"m","fields":{"v":"text"},"time":3}]}"#;
    let (status, text) = post("/write", &[], conflict).await;
    assert_eq!(status, 400);
    assert!(text.contains("field type conflict"), "{text}");
    // Not the format of 1.8: there a brace starts a line like any other.
    let new = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let url = new.urls().remove(0);
    query(&url, "", "CREATE DATABASE d").await;
    let reply = send(&url, Method::POST, "/write?db=d", &json_type, batch.to_owned()).await;
    assert!(reply.status == 400 && reply.text().contains("unable to parse"), "{reply:?}");
}
