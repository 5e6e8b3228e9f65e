//! `SHOW QUERIES` and `KILL QUERY`.

use super::running::RunningQuery;
use crate::Profile;
use crate::coordinator::Owners;
use crate::core::meta::DataNode;
use crate::peer::{PeerError, Request};
use crate::query::{Row, Value};

/// `SHOW QUERIES`: in 1.8 of every data node, by id, without those that are dead (public source of the cluster).
/// The original 0.10 has no such statement; there it tells of the asked node, like a single server.
pub(super) async fn show(owners: &Owners) -> Row {
    let (columns, values) = match owners.profile {
        Profile::V1_8 => {
            let meta = owners.meta.snapshot();
            let lists = meta.data_nodes.iter().map(|node| async move { (node, owners.queries(node.id).await) });
            let lists = futures::future::join_all(lists).await;
            let mut lines = Vec::new();
            for (node, queries) in lists {
                lines.extend(queries.unwrap_or_default().into_iter().map(|query| line_of(node, query)));
            }
            (&["qid", "node_id", "tcp_host", "query", "database", "duration", "status"][..], lines)
        }
        Profile::V0_10 => {
            let lines = owners.running.list().into_iter().map(line);
            (&["qid", "query", "database", "duration", "status"][..], lines.collect())
        }
    };
    Row { columns: columns.iter().map(|column| (*column).to_owned()).collect(), values, ..Row::default() }
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn line(query: RunningQuery) -> Vec<Value> {
    let told = [&*query.text, &*query.database, &*query.duration, query.status()];
    std::iter::once(Value::Unsigned(query.id)).chain(told.map(text)).collect()
}

fn line_of(node: &DataNode, query: RunningQuery) -> Vec<Value> {
    let mut line = line(query);
    line.splice(1..1, [Value::Unsigned(node.id), text(&node.tcp_addr)]);
    line
}

/// `KILL QUERY id ON "host:port"`: in 1.8 an id is one only together with its node, and the statement goes there.
pub(super) async fn kill(owners: &Owners, id: u64, host: &str) -> Result<(), String> {
    match owners.profile {
        Profile::V1_8 if host.is_empty() => Err("tcp host required".to_owned()),
        Profile::V1_8 => {
            let meta = owners.meta.snapshot();
            let node = meta.data_nodes.iter().find(|node| node.tcp_addr == host);
            let node = node.ok_or_else(|| PeerError::UnknownNode.to_string())?.id;
            owners.run(node, Request::KillQuery { id }).await.map(|_| ()).map_err(|error| error.to_string())
        }
        Profile::V0_10 => owners.running.kill(id).map_err(|error| error.to_string()),
    }
}
