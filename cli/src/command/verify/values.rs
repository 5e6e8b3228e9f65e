//! `verify --values`: every point is read back from every replica.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use influx_client::{Batch, Client, Precision, RawLine};
use serde_json::json;
use tokio::runtime::Handle;

use super::{SHOWN, VerifyArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{Found, Kind, Reading, Source, Targets, walk};
use crate::meter::Meter;
use crate::queries;
use crate::render::{one_line, shortened};
use crate::times;
use crate::verify::{Located, Values, copies};

/// Points that are looked for together.
struct Gathered {
    batch: Batch,
    lines: Vec<Located>,
    /// Where they belong.
    target: u32,
}

/// How many at most.
const LOOKED_FOR: usize = 2_000;

impl Gathered {
    fn new(precision: Precision) -> Self {
        let mut batch = Batch::new(precision);
        // The server has judged them.
        batch.check_field_types(false);
        Self { batch, lines: Vec::new(), target: 0 }
    }

    fn clear(&mut self) {
        self.batch.clear();
        self.lines.clear();
    }
}

impl VerifyArgs {
    /// Reads every point back from every replica.
    pub(super) fn compare_values(
        &self,
        client: &Client,
        sources: &[Source],
        targets: &mut Targets,
        oldest: &[Option<i64>],
        console: &Console,
    ) -> Result<Values, Failure> {
        let consumed: Arc<AtomicU64> = Arc::default();
        let total = sources.iter().map(Source::size).sum::<Option<u64>>();
        let mut meter = Meter::new(console, total, Arc::clone(&consumed));
        let mut values = Values::default();
        let mut gathered = Gathered::new(self.precision);
        let mut shown = 0;
        let mut look = |gathered: &mut Gathered, targets: &Targets, meter: &Meter<'_>| -> Result<(), Failure> {
            if gathered.lines.is_empty() {
                return Ok(());
            }
            let target = targets.get(gathered.target);
            let mut resolve = client
                .look_for(&gathered.batch)
                .database(target.database.clone().unwrap_or_default())
                .deadline(self.target.timeout.saturating_mul(4))
                .trust_listed_nodes(self.trust_listed_nodes);
            if let Some(policy) = &target.retention_policy {
                resolve = resolve.retention_policy(policy.clone());
            }
            // The input is read by this thread, which another takes over for the others meanwhile.
            let resolution = tokio::task::block_in_place(|| Handle::current().block_on(resolve.into_future()));
            let resolution = resolution.map_err(|error| queries::failure(&error))?;
            values.add(&gathered.lines, &resolution, |at, point| {
                let Located { source, line, .. } = gathered.lines[at];
                let text = String::from_utf8_lossy(gathered.batch.line(at)).into_owned();
                let (copies, replicas) = copies(point);
                let name = sources[source].name();
                if self.json {
                    return console.print_json(&json!({
                        "v": 1, "type": "point", "input": name, "line": line, "whereabouts": point.whereabouts.id(),
                        "copies": copies, "replicas": replicas, "text": shortened(&text, 4_096),
                    }));
                }
                shown += 1;
                if shown <= SHOWN {
                    let (name, text) = (one_line(&name), shortened(&one_line(&text), 120));
                    let found = point.whereabouts;
                    meter.beside(|| {
                        console.say(&format!("{found} ({copies} of {replicas} replicas) {name}:{line}: {text}"));
                    });
                }
                Ok(())
            })?;
            gathered.clear();
            Ok(())
        };
        let reading = Reading { max_line: self.max_line, headers: !self.no_headers };
        for (index, source) in sources.iter().enumerate() {
            if *source == Source::Stdin {
                return Err(Failure::Usage("standard input cannot be read twice: --values needs files".to_owned()));
            }
            let failed = |error| Failure::local_io(format!("{}: {error}", source.name()));
            let input = source.open(Arc::clone(&consumed)).map_err(failed)?;
            walk(input, reading, failed, |found, context| {
                meter.line();
                let Found::Point(line) = found else { return Ok(()) };
                let parsed = RawLine::parse(line.text).ok().filter(|_| line.kind == Kind::Whole);
                let time = parsed.and_then(|line| line.timestamp());
                let Some(time) = time.and_then(|time| times::in_nanoseconds(time, self.precision)) else {
                    return Ok(());
                };
                let target = targets.number(context);
                if target != gathered.target || gathered.lines.len() >= LOOKED_FOR {
                    look(&mut gathered, targets, &meter)?;
                    gathered.target = target;
                }
                if gathered.batch.push_line(line.text).is_ok() {
                    let oldest = oldest.get(target as usize).copied().flatten();
                    let expired = oldest.is_some_and(|oldest| time < oldest);
                    gathered.lines.push(Located { source: index, line: line.number, expired });
                }
                Ok(())
            })?;
        }
        look(&mut gathered, targets, &meter)?;
        Ok(values)
    }
}
