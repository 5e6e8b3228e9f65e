//! Users, what they may do, and how a cluster asks who somebody is.

use http::Method;
use influx_server_mock::{Profile, TestCluster};
use serde_json::json;

use crate::fixture::{Reply, query, send, until, write};

const ADMIN: &str = "u=admin&p=pw";

/// A cluster that asks for users, with an administrator.
async fn cluster(profile: Profile, data: usize, settings: &[(&str, &str)]) -> TestCluster {
    let mut builder = TestCluster::builder().profile(profile).nodes(1, data).set("auth-enabled", "true");
    for (name, value) in settings {
        builder = builder.set(name, value);
    }
    let cluster = builder.start().await.unwrap();
    let made = query(&cluster.urls()[0], "", "CREATE USER admin WITH PASSWORD 'pw' WITH ALL PRIVILEGES").await;
    assert_eq!(made.status, 200, "{made:?}");
    cluster
}

/// Executes statements as the administrator; they must succeed.
async fn admin(url: &str, statements: &str) -> Reply {
    let reply = query(url, ADMIN, statements).await;
    assert!(reply.status == 200 && !reply.text().contains("\"error\""), "{statements}: {reply:?}");
    reply
}

/// The error of the first statement.
fn error(reply: &Reply) -> String {
    reply.json()["results"][0]["error"].as_str().unwrap_or_default().to_owned()
}

/// Once the first administrator is there, nothing goes without credentials; before, nothing but making one.
#[tokio::test]
async fn the_first_user_is_an_administrator() {
    for (profile, status) in [(Profile::V1_8, 403), (Profile::V0_10, 401)] {
        let cluster = TestCluster::builder().profile(profile).nodes(1, 1).set("auth-enabled", "true");
        let cluster = cluster.start().await.unwrap();
        let url = &cluster.urls()[0];
        for statement in ["SHOW DATABASES", "CREATE USER u WITH PASSWORD 'p'", "CREATE DATABASE d"] {
            let refused = query(url, "", statement).await;
            assert_eq!(refused.status, status, "{refused:?}");
            assert!(refused.text().contains("create admin user first or disable authentication"), "{refused:?}");
        }
        let made = query(url, "", "CREATE USER a WITH PASSWORD 'pw' WITH ALL PRIVILEGES; CREATE DATABASE d").await;
        assert_eq!(made.status, 200, "{made:?}");
        assert!(!made.text().contains("error"), "{made:?}");
        assert_eq!(query(url, "", "CREATE USER b WITH PASSWORD 'pw' WITH ALL PRIVILEGES").await.status, 401);
        assert_eq!(query(url, "u=a&p=pw", "SHOW DATABASES").await.status, 200);
        assert_eq!(write(url, "db=d&u=a&p=pw", "m v=1").await.status, 204);
    }
}

/// Two who make the same first user at once on different nodes: the meta nodes take one, and there is one user.
#[tokio::test]
async fn a_race_for_the_first_user_has_one_winner() {
    let cluster = TestCluster::builder().nodes(1, 2).set("auth-enabled", "true").start().await.unwrap();
    let [first, second] = ["data1", "data2"].map(|name| cluster.node(name).url());
    let [one, other] = ["one", "other"].map(|pw| format!("CREATE USER a WITH PASSWORD '{pw}' WITH ALL PRIVILEGES"));
    let (one, other) = tokio::join!(query(&first, "", &one), query(&second, "", &other));
    let won = [&one, &other].map(|reply| reply.status == 200 && error(reply).is_empty());
    assert!(won[0] != won[1], "{one:?} {other:?}");
    // The loser is told by the meta nodes, or by its own copy of the metadata if that is already there.
    let lost = if won[0] { &other } else { &one };
    assert!(lost.status == 401 || error(lost) == "user already exists", "{lost:?}");
    let password = if won[0] { "one" } else { "other" };
    for url in [&first, &second] {
        until("the winner's password on both nodes", || async {
            query(url, &format!("u=a&p={password}"), "SHOW USERS").await.status == 200
        })
        .await;
        let users = query(url, &format!("u=a&p={password}"), "SHOW USERS").await;
        assert_eq!(users.json()["results"][0]["series"][0]["values"], json!([["a", true]]));
    }
}

/// The headers of an answer to nobody: a challenge, and no error header (1.8); neither in 0.10.
#[tokio::test]
async fn who_is_not_known_is_asked() {
    for (profile, challenge, text) in [
        (
            Profile::V1_8,
            Some("Basic realm=\"InfluxDB\""),
            "{\"error\":\"unable to parse authentication credentials\"}\n",
        ),
        (Profile::V0_10, None, "{\"error\":\"unable to parse Basic Auth credentials\"}"),
    ] {
        let cluster = cluster(profile, 1, &[]).await;
        let url = &cluster.urls()[0];
        for reply in [write(url, "db=nope&precision=bogus", "bad").await, query(url, "", "SHOW DATABASES").await] {
            assert_eq!(reply.status, 401);
            assert_eq!(reply.text(), text);
            let challenged = reply.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
            assert_eq!(challenged, challenge);
            assert!(!reply.headers.contains_key("x-influxdb-error"));
            assert_eq!(reply.headers["x-influxdb-version"], profile.version());
            assert!(reply.headers.contains_key("request-id"));
        }
        // Always open, so that whoever watches the node needs no user.
        let ping = send(url, Method::GET, "/ping?u=x&p=y", &[("Authorization", "Basic x")], "").await;
        assert_eq!(ping.status, 204);
        // A form's user does not count.
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let posted = send(url, Method::POST, "/query", &form, "u=admin&p=pw&q=SHOW+DATABASES").await;
        assert_ne!(posted.status, 200);
    }
}

/// An error comes in the form that was asked for.
#[tokio::test]
async fn a_denial_is_written_as_accepted() {
    let cluster = cluster(Profile::V1_8, 1, &[]).await;
    let url = &cluster.urls()[0];
    let reply = send(url, Method::POST, "/write?db=d", &[("Accept", "text/csv")], "m v=1").await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.headers["content-type"], "text/csv");
    assert_eq!(reply.text(), "error\nunable to parse authentication credentials\n");
}

/// The database is looked for before the right to write to it, and that before the body.
#[tokio::test]
async fn writing_needs_the_right() {
    for (profile, status) in [(Profile::V1_8, 403), (Profile::V0_10, 401)] {
        let cluster = cluster(profile, 1, &[]).await;
        let url = &cluster.urls()[0];
        admin(url, "CREATE DATABASE d; CREATE DATABASE e; CREATE USER u WITH PASSWORD 'p'; GRANT WRITE ON d TO u")
            .await;
        assert_eq!(write(url, "db=d&u=u&p=p", "m v=1").await.status, 204);
        assert_eq!(write(url, "db=nope&u=u&p=p", "m v=1").await.status, 404);
        let refused = write(url, "db=e&u=u&p=p", "m v=1").await;
        assert_eq!(refused.status, status);
        assert_eq!(refused.text(), "{\"error\":\"\\\"u\\\" user is not authorized to write to database \\\"e\\\"\"}\n");
        let header = refused.headers.get("x-influxdb-error").map(|value| value.to_str().unwrap());
        let expected = (profile == Profile::V1_8).then_some("\"u\" user is not authorized to write to database \"e\"");
        assert_eq!(header, expected);
        // No point of a refused write is there.
        let counted = query(url, &format!("db=e&{ADMIN}"), "SELECT * FROM m").await;
        assert!(!counted.text().contains("series"), "{counted:?}");
    }
}

/// As soon as nobody who could log in is left, writes are refused for want of a user.
#[tokio::test]
async fn without_an_administrator_nobody_may_do_anything() {
    let cluster = cluster(Profile::V1_8, 1, &[]).await;
    let url = &cluster.urls()[0];
    admin(url, "CREATE DATABASE d; CREATE USER u WITH PASSWORD 'p'; GRANT ALL ON d TO u").await;
    admin(url, "REVOKE ALL PRIVILEGES FROM admin").await;
    let refused = write(url, "db=d&u=u&p=p", "m v=1").await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.text(), "{\"error\":\"user is required to write to database \\\"d\\\"\"}\n");
    let refused = query(url, ADMIN, "CREATE USER b WITH PASSWORD 'p' WITH ALL PRIVILEGES").await;
    assert_eq!(
        (refused.status.as_u16(), refused.text()),
        (403, "{\"error\":\"error authorizing query: no user provided\"}\n")
    );
}

/// Tokens of users (1.8) and of version 2 clients, on both write endpoints.
#[tokio::test]
async fn tokens_open_both_write_endpoints() {
    let cluster = cluster(Profile::V1_8, 1, &[("shared-secret", "s3cret")]).await;
    let url = &cluster.urls()[0];
    admin(url, "CREATE DATABASE d; CREATE USER rw WITH PASSWORD 'pw'; GRANT WRITE ON d TO rw").await;
    // Signed with the secret, for rw, until 2100.
    let bearer = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VybmFtZSI6ICJydyIsICJleHAiOiA0MTAyNDQ0ODAwfQ.bAsDVBCzMJjEI7oLBZ2foTwCWF3Tvx1FBK5AdjQtpYQ";
    let spoilt = format!("{}A", &bearer[..bearer.len() - 1]);
    for (path, header, status) in [
        ("/write?db=d", bearer, 204),
        ("/api/v2/write?bucket=d/autogen", bearer, 204),
        ("/api/v2/write?bucket=d/autogen", "Token rw:pw", 204),
        ("/write?db=d", "Token rw:pw", 204),
        ("/write?db=d", "Basic cnc6cHc=", 204),
        ("/write?db=d", spoilt.as_str(), 401),
        ("/api/v2/write?bucket=d/autogen", "Token rw:no", 401),
        ("/api/v2/write?bucket=d/autogen", "Token rwpw", 401),
    ] {
        let reply = send(url, Method::POST, path, &[("Authorization", header)], "m v=1").await;
        assert_eq!(reply.status, status, "{path} {header}: {reply:?}");
    }
    // The parameters of the address count before the header.
    let reply = send(url, Method::POST, "/write?db=d&u=rw&p=no", &[("Authorization", bearer)], "m v=1").await;
    assert_eq!((reply.status.as_u16(), reply.text()), (401, "{\"error\":\"authorization failed\"}\n"));
}

/// Whoever is no administrator sees and does what was granted, and is told what is lacking.
#[tokio::test]
async fn queries_need_their_rights() {
    let cluster = cluster(Profile::V1_8, 1, &[]).await;
    let url = &cluster.urls()[0];
    admin(url, "CREATE DATABASE a; CREATE DATABASE b; CREATE DATABASE c; CREATE USER u WITH PASSWORD 'p'").await;
    admin(url, "GRANT READ ON a TO u; GRANT WRITE ON b TO u").await;
    assert_eq!(write(url, &format!("db=a&{ADMIN}"), "m v=1 1").await.status, 204);
    let as_user = |statement: &'static str| query(url, "db=a&u=u&p=p", statement);
    let seen = as_user("SHOW DATABASES").await;
    assert_eq!(seen.json()["results"][0]["series"][0]["values"], json!([["a"], ["b"]]));
    assert_eq!(error(&as_user("SELECT count(v) INTO b..m FROM m").await), "");
    for (statement, lacking) in [
        ("SELECT v INTO c..m FROM m", "requires WRITE on c"),
        ("SELECT * FROM m, b..m", "requires READ on b"),
        ("SHOW MEASUREMENTS ON b", "requires READ on b"),
        ("DROP MEASUREMENT m", "requires admin privilege"),
        ("CREATE USER x WITH PASSWORD 'hunter2'", "requires admin privilege"),
    ] {
        let refused = as_user(statement).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.json()["error"].as_str().unwrap().ends_with(lacking), "{refused:?}");
        assert!(!refused.text().contains("hunter2"));
        let header = refused.headers["x-influxdb-error"].to_str().unwrap();
        assert_eq!(header, refused.json()["error"].as_str().unwrap());
    }
    // One statement that is not allowed keeps the others from being executed.
    assert_eq!(as_user("SELECT count(v) INTO b..n FROM m; SHOW USERS").await.status, 403);
    let untouched = query(url, &format!("db=b&{ADMIN}"), "SHOW MEASUREMENTS").await;
    assert!(!untouched.text().contains("\"n\""), "{untouched:?}");
}

/// The life of a user, told by `SHOW USERS` and `SHOW GRANTS`, with the texts of what cannot be done.
#[tokio::test]
async fn users_come_change_and_go() {
    let cluster = cluster(Profile::V1_8, 1, &[]).await;
    let url = &cluster.urls()[0];
    admin(url, "CREATE DATABASE d; CREATE DATABASE e; CREATE USER u WITH PASSWORD 'p'").await;
    for (statement, expected) in [
        ("CREATE USER u WITH PASSWORD 'p'", ""),
        ("CREATE USER u WITH PASSWORD 'other'", "user already exists"),
        ("CREATE USER u WITH PASSWORD 'p' WITH ALL PRIVILEGES", "user already exists"),
        ("CREATE USER \"\" WITH PASSWORD 'p'", "username required"),
        ("DROP USER x", "user not found"),
        ("SET PASSWORD FOR x = 'p'", "user not found"),
        ("GRANT READ ON d TO x", "user not found"),
        ("GRANT READ ON nope TO u", "database not found: nope"),
        ("REVOKE READ ON d FROM x", "user not found"),
        ("REVOKE ALL ON d FROM x", "user not found"),
        ("GRANT ALL PRIVILEGES TO x", "user not found"),
        ("REVOKE ALL PRIVILEGES FROM x", "user not found"),
        ("SHOW GRANTS FOR x", "user not found"),
    ] {
        assert_eq!(error(&query(url, ADMIN, statement).await), expected, "{statement}");
    }
    for (statement, granted) in [
        ("GRANT ALL ON d TO u", json!([["d", "ALL PRIVILEGES"]])),
        ("REVOKE WRITE ON d FROM u", json!([["d", "READ"]])),
        ("GRANT WRITE ON e TO u", json!([["d", "READ"], ["e", "WRITE"]])),
        ("REVOKE READ ON d FROM u", json!([["d", "NO PRIVILEGES"], ["e", "WRITE"]])),
        ("DROP DATABASE e", json!([["d", "NO PRIVILEGES"]])),
    ] {
        admin(url, statement).await;
        let shown = admin(url, "SHOW GRANTS FOR u").await;
        assert_eq!(shown.json()["results"][0]["series"][0]["values"], granted, "{statement}");
    }
    admin(url, "GRANT ALL PRIVILEGES TO u").await;
    let users = admin(url, "SHOW USERS").await;
    assert_eq!(users.json()["results"][0]["series"][0]["values"], json!([["admin", true], ["u", true]]));
    assert_eq!(query(url, "u=u&p=p", "SET PASSWORD FOR u = 'new'").await.status, 200);
    assert_eq!(query(url, "u=u&p=p", "SHOW USERS").await.status, 401);
    assert_eq!(query(url, "u=u&p=new", "DROP USER u").await.status, 200);
    assert_eq!(query(url, "u=u&p=new", "SHOW USERS").await.status, 401);
}

/// In 1.8 a changed password counts on every node; in 0.10 a node that proved the old one goes on with that.
#[tokio::test]
async fn a_changed_password_reaches_the_other_nodes() {
    for (profile, old, new) in [(Profile::V1_8, 401, 200), (Profile::V0_10, 200, 401)] {
        let cluster = cluster(profile, 2, &[]).await;
        let [first, second] = ["data1", "data2"].map(|name| cluster.node(name).url());
        admin(&first, "CREATE USER u WITH PASSWORD 'old' WITH ALL PRIVILEGES").await;
        until("the user on the other node", || async { query(&second, "u=u&p=old", "SHOW USERS").await.status == 200 })
            .await;
        // The new user after the new password, so that the other node is known to have both.
        admin(&first, "SET PASSWORD FOR u = 'new'; CREATE USER mark WITH PASSWORD 'm'").await;
        until("the next user on the other node", || async {
            query(&second, ADMIN, "SHOW USERS").await.text().contains("mark")
        })
        .await;
        for (url, password, status) in
            [(&first, "old", 401), (&first, "new", 200), (&second, "old", old), (&second, "new", new)]
        {
            let reply = query(url, &format!("u=u&p={password}"), "SHOW USERS").await;
            assert_eq!(reply.status, status, "{profile} {password}: {reply:?}");
        }
    }
}

/// Users outlive the nodes, and a node whose `/ping` asks for one counts as up.
#[tokio::test]
async fn users_and_a_guarded_ping_survive_a_restart() {
    let mut cluster = cluster(Profile::V1_8, 1, &[("ping-auth-enabled", "true")]).await;
    cluster.node_mut("data1").restart().await.unwrap();
    let url = &cluster.urls()[0];
    for path in ["/ping", "/health", "/status"] {
        assert_eq!(send(url, Method::GET, path, &[], "").await.status, 401, "{path}");
        let with = send(url, Method::GET, &format!("{path}?{ADMIN}"), &[], "").await;
        assert!(with.status.is_success(), "{path}: {with:?}");
    }
    assert_eq!(query(url, ADMIN, "SHOW USERS").await.status, 200);
}

/// A cluster that does not ask takes any credentials, and makes users all the same.
#[tokio::test]
async fn without_authentication_credentials_do_not_matter() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let url = &cluster.urls()[0];
    assert_eq!(query(url, "u=no&p=no", "CREATE USER u WITH PASSWORD 'p'; CREATE DATABASE d").await.status, 200);
    assert_eq!(write(url, "db=d&u=no&p=no", "m v=1").await.status, 204);
}
