//! What the study of 2016 says of its experiments, retold.

/// What the study saw and concluded, in other words; `None` for experiments that it did not make.
pub(super) fn words(experiment: &str) -> Option<&'static str> {
    Some(match experiment {
        "register-healthy-all" | "register-healthy-any" => {
            "Without faults the register behaves as a single copy would: linearizable."
        }
        "register-partition-all" => {
            "Not linearizable. Writes take about a second while the network is cut, and many of them fail."
        }
        "register-partition-any" => "Not linearizable, although every write succeeds at once.",
        "shards-healthy" => "Without faults every write that needs a new shard is taken quickly.",
        "shards-partition" => {
            "What needs the meta service stops with it: 503 of the meta service, time-outs, cut connections."
        }
        "shards-long-cut" => {
            "Not run by the study as such; it reports the meta service's 503, which needs cuts this long."
        }
        _ => return None,
    })
}
