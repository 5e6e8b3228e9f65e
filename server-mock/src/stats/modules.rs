//! The modules of a node that count, with the names that the real servers give to their values.

use super::Counter;
use super::statistic::{Number, Statistic};
use crate::Profile;
use crate::core::consistency::ShardWriteError;

/// Which profiles have a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Both,
    New,
    Old,
}

impl In {
    fn has(self, profile: Profile) -> bool {
        match (self, profile) {
            (Self::Both, _) | (Self::New, Profile::V1_8) | (Self::Old, Profile::V0_10) => true,
            (Self::New, Profile::V0_10) | (Self::Old, Profile::V1_8) => false,
        }
    }
}

macro_rules! module {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $text:literal $which:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name { $($(#[$field_doc])* pub $field: Counter,)* }

        impl $name {
            /// The values as they are now, under a module's name and tags.
            ///
            /// Profile 1.8 shows all of them, 0.10 those that were counted (cluster 0.10 facts, § 4).
            #[must_use]
            pub fn statistic(&self, profile: Profile, name: &str, tags: &[(&str, String)]) -> Statistic {
                let all: &[(&str, In, &Counter)] = &[$(($text, In::$which, &self.$field),)*];
                let shown = all.iter().filter(|(_, which, counter)| {
                    which.has(profile) && (profile == Profile::V1_8 || counter.is_touched())
                });
                let values = shown.map(|(text, _, counter)| (*text, Number::Integer(counter.get())));
                Statistic::new(name, tags, values.collect())
            }
        }
    };
}

module! {
    /// `write`: points on behalf of clients, by the coordinator.
    Writes {
        /// Requests with points.
        req: "req" Both,
        /// Points in them.
        point_req: "pointReq" Both,
        /// Points for a shard of this node.
        point_req_local: "pointReqLocal" Both,
        /// Points for shards of other nodes, once a node.
        point_req_remote: "pointReqRemote" Both,
        /// Points put into a hinted handoff queue.
        point_req_hh: "pointReqHH" Both,
        /// Shards whose level was met.
        ok: "writeOk" Both,
        /// Shards that some owner stored, but too few.
        partial: "writePartial" Both,
        /// Points older than their retention policy keeps.
        dropped: "writeDrop" New,
        /// Shards given up after the write timeout.
        timeout: "writeTimeout" Both,
        /// Owners that failed.
        error: "writeError" Both,
        /// Batches handed to subscribers.
        sub_ok: "subWriteOk" Both,
        /// Batches that subscribers were too slow for.
        sub_dropped: "subWriteDrop" Both,
    }
}

module! {
    /// `coordinator` in profile 1.8, `cluster` in 0.10: what other nodes asked of this one.
    Cluster {
        /// Shard writes.
        write_shard_req: "writeShardReq" Both,
        /// Points in them.
        write_shard_points_req: "writeShardPointsReq" Both,
        /// Those that failed.
        write_shard_fail: "writeShardFail" Both,
        /// Reads of points.
        create_iterator_req: "createIteratorReq" New,
        /// Estimates of what a read costs.
        iterator_cost_req: "iteratorCostReq" New,
        /// Reads of fields and tags.
        field_dimensions_req: "fieldDimensionsReq" New,
        /// Reads of a field's type.
        map_type_req: "mapTypeReq" New,
        /// Reads of measurements by pattern.
        expand_sources_req: "expandSourcesReq" New,
        /// Backups of shards.
        backup_shard_req: "backupShardReq" New,
        /// Copies of shards.
        copy_shard_req: "copyShardReq" New,
        /// Removals of shards.
        remove_shard_req: "removeShardReq" New,
        /// Lists of shards.
        show_shards_req: "showShardsReq" New,
        /// Reads of a shard.
        map_shard_req: "mapShardReq" Old,
        /// Their answers.
        map_shard_resp: "mapShardResp" Old,
    }
}

module! {
    /// `httpd`: requests of clients.
    Http {
        /// Requests of any kind.
        req: "req" Both,
        /// Of `/query`.
        query_req: "queryReq" Both,
        /// Of `/write`.
        write_req: "writeReq" Both,
        /// Of `/ping`.
        ping_req: "pingReq" Both,
        /// Of `/status`.
        status_req: "statusReq" Both,
        /// Bytes of the bodies of writes.
        write_req_bytes: "writeReqBytes" Both,
        /// Bytes of the answers to queries.
        query_resp_bytes: "queryRespBytes" Both,
        /// Points of acknowledged writes.
        points_written_ok: "pointsWrittenOK" Both,
        /// Values in them.
        values_written_ok: "valuesWrittenOK" New,
        /// Points refused by the storage of a write that was otherwise taken.
        points_written_dropped: "pointsWrittenDropped" New,
        /// Points of failed writes.
        points_written_fail: "pointsWrittenFail" Both,
        /// Wrong credentials.
        auth_fail: "authFail" Both,
        /// Nanoseconds spent on requests.
        req_duration: "reqDurationNs" New,
        /// Nanoseconds spent on queries.
        query_req_duration: "queryReqDurationNs" New,
        /// Nanoseconds spent on writes.
        write_req_duration: "writeReqDurationNs" New,
        /// Requests under way.
        req_active: "reqActive" New,
        /// Writes under way.
        write_req_active: "writeReqActive" New,
        /// Answers with a status from 400 to 499.
        client_error: "clientError" New,
        /// Answers with a status from 500.
        server_error: "serverError" New,
        /// Requests that ended in a panic.
        recovered_panics: "recoveredPanics" New,
        /// Of the Prometheus endpoint for writes, which this server checks but does not read.
        prom_write_req: "promWriteReq" New,
        /// Of the one for reads, likewise.
        prom_read_req: "promReadReq" New,
        /// Flux queries, which this server does not run.
        flux_query_req: "fluxQueryReq" New,
        /// Nanoseconds spent on them.
        flux_query_req_duration: "fluxQueryReqDurationNs" New,
    }
}

module! {
    /// `queryExecutor`.
    Queries {
        /// Under way.
        active: "queriesActive" Both,
        /// Begun.
        executed: "queriesExecuted" New,
        /// Ended.
        finished: "queriesFinished" New,
        /// Nanoseconds spent on them.
        duration: "queryDurationNs" Both,
        /// Those that ended in a panic.
        recovered_panics: "recoveredPanics" New,
    }
}

module! {
    /// `cq`: continuous queries.
    ContinuousQueries {
        /// Runs that succeeded.
        ok: "queryOk" Both,
        /// Runs that failed.
        fail: "queryFail" Both,
    }
}

module! {
    /// `subscriber`.
    Subscriber {
        /// Subscriptions that could not be set up.
        create_failures: "createFailures" New,
        /// Points sent to subscribers.
        points_written: "pointsWritten" Both,
        /// Points that did not reach one.
        write_failures: "writeFailures" Both,
    }
}

module! {
    /// `shard`, one for each shard of the node.
    Shard {
        /// Bytes on disk.
        disk_bytes: "diskBytes" New,
        /// Fields first met.
        fields_create: "fieldsCreate" Both,
        /// Series first met.
        series_create: "seriesCreate" Both,
        /// Bytes written.
        write_bytes: "writeBytes" Both,
        /// Points dropped.
        write_points_dropped: "writePointsDropped" New,
        /// Points of failed writes.
        write_points_err: "writePointsErr" New,
        /// Points stored.
        write_points_ok: "writePointsOk" Both,
        /// Writes.
        write_req: "writeReq" Both,
        /// Failed writes.
        write_req_err: "writeReqErr" New,
        /// Writes that were stored.
        write_req_ok: "writeReqOk" New,
        /// Values stored.
        write_values_ok: "writeValuesOk" New,
    }
}

impl Cluster {
    /// Counts a shard write of another node.
    pub fn count_shard_write(&self, stored: bool) {
        self.write_shard_req.inc();
        if !stored {
            self.write_shard_fail.inc();
        }
    }

    /// Counts a read of a shard, which profile 0.10 calls by another name.
    pub fn count_read(&self, profile: Profile) {
        match profile {
            Profile::V1_8 => self.create_iterator_req.inc(),
            Profile::V0_10 => {
                self.map_shard_req.inc();
                self.map_shard_resp.inc();
            }
        }
    }
}

impl Shard {
    /// Counts a write of so many points.
    pub fn count_write(&self, points: usize, stored: bool) {
        self.write_req.inc();
        if stored {
            self.write_req_ok.inc();
        } else {
            self.write_req_err.inc();
            self.write_points_err.add_len(points);
        }
    }
}

impl Writes {
    /// Counts what became of the points for one shard.
    pub fn count_outcome(&self, outcome: Result<(), &ShardWriteError>) {
        match outcome {
            Ok(()) => self.ok.inc(),
            Err(ShardWriteError::Partial) => self.partial.inc(),
            Err(ShardWriteError::Timeout) => self.timeout.inc(),
            Err(ShardWriteError::Failed(_) | ShardWriteError::FailedSilently) => self.error.inc(),
        }
    }
}
