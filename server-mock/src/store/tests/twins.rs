//! Disk and memory are twins, and so are replicas that got the same points in another order.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Write { shard: u64, body: String },
    Delete { name: String, min: i64, max: i64 },
    DropMeasurement(String),
    DropShard(u64),
    Reopen,
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-5_i32..5).prop_map(|value| format!("{value}.5")),
        1 => (-5_i32..5).prop_map(|value| format!("{value}i")),
        1 => "[a-c \\n]{0,3}".prop_map(|text| format!("\"{text}\"")),
        1 => any::<bool>().prop_map(|value| value.to_string()),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let field = (prop::sample::select(vec!["v", "w", "time"]), value());
    let fields = prop::collection::vec(field, 1..3);
    (prop::sample::select(vec!["m", "m,h=a", "m,h=b", "n", "n,time=1"]), fields, -3_i64..12).prop_map(
        |(key, fields, time)| {
            let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{key} {} {time}", fields.join(","))
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["m".to_owned(), "n".to_owned(), "none".to_owned()]);
    prop_oneof![
        12 => (1_u64..3, prop::collection::vec(line(), 1..6))
            .prop_map(|(shard, lines)| Step::Write { shard, body: lines.join("\n") }),
        1 => (name(), -3_i64..12, -3_i64..12).prop_map(|(name, min, max)| Step::Delete { name, min, max }),
        1 => name().prop_map(Step::DropMeasurement),
        1 => (1_u64..3).prop_map(Step::DropShard),
        1 => Just(Step::Reopen),
    ]
}

/// All that can be asked of an engine.
fn state(engine: &Engine) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let state = engine.shards().into_iter().map(|shard| {
        let blocks = engine.digests(shard, 5).unwrap();
        let digest = engine.digest(shard).unwrap();
        assert_eq!(blocks.iter().fold(0, |sum: u64, (_, block)| sum.wrapping_add(*block)), digest);
        (shard, all_of(engine, shard), engine.index(shard).unwrap(), engine.stats(shard).unwrap(), digest, blocks)
    });
    state.collect()
}

fn storages(folder: &tempfile::TempDir) -> [Storage; 2] {
    [Storage::Disk(folder.path().to_owned()), Storage::Memory(MemoryDisk::new())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn disk_and_memory_are_twins(
        steps in prop::collection::vec(step(), 1..25),
        profile in prop::sample::select(Profile::ALL.to_vec()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let storages = storages(&folder);
        let options = Options { profile, wal_fsync: false, ..Options::default() };
        let open = |storage: &Storage| Engine::open(storage.clone(), options.clone()).unwrap();
        let mut engines = storages.each_ref().map(open);
        for step in steps {
            let before = matches!(step, Step::Reopen).then(|| state(&engines[0]));
            let answers = engines.each_ref().map(|engine| runtime.block_on(async {
                match &step {
                    Step::Write { shard, body } => {
                        engine.ensure_shard(*shard, if *shard == 1 { "db" } else { "other" }, "rp");
                        engine.write(*shard, &points(body)).await
                    }
                    Step::Delete { name, min, max } => {
                        engine.delete("db", |measurement, _| measurement == name, *min, *max).await
                    }
                    Step::DropMeasurement(name) => engine.drop_measurement("db", name).await,
                    Step::DropShard(shard) => engine.drop_shard(*shard).await,
                    Step::Reopen => Ok(()),
                }
            }));
            prop_assert_eq!(&answers[0], &answers[1]);
            if let Some(before) = before {
                drop(engines);
                engines = storages.each_ref().map(open);
                prop_assert_eq!(state(&engines[0]), before);
            }
            prop_assert_eq!(state(&engines[0]), state(&engines[1]));
        }
    }

    #[test]
    fn replicas_with_the_same_values_have_the_same_digest(
        writes in prop::collection::btree_map((0..3_u8, 0_i64..60), -9_i64..9, 1..60),
        order in any::<u64>(),
        change in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lines = writes.iter().map(|((series, time), value)| format!("m,s={series} v={value}i {time}"));
        let lines: Vec<_> = lines.collect();
        let filled = |lines: &[String], step: usize| {
            let engine = of(Profile::V1_8);
            for batch in lines.chunks(step) {
                runtime.block_on(write(&engine, 1, &batch.join("\n"))).unwrap();
            }
            engine
        };
        let straight = filled(&lines, 7);
        let mut shuffled = lines.clone();
        fastrand::Rng::with_seed(order).shuffle(&mut shuffled);
        // Some arrive twice.
        shuffled.extend_from_slice(&lines[..lines.len() / 2]);
        let other = filled(&shuffled, 3);
        prop_assert_eq!(straight.digest(1), other.digest(1));
        prop_assert_eq!(straight.digests(1, 10), other.digests(1, 10));
        prop_assert_eq!(all_of(&straight, 1), all_of(&other, 1));

        // One value more or another: the digest of its block tells, and no other.
        let changed = change.get(&lines).clone();
        let time: i64 = changed.rsplit(' ').next().unwrap().parse().unwrap();
        runtime.block_on(write(&other, 1, &changed.replace(" v=", " w=").replace('i', ""))).unwrap();
        prop_assert_ne!(straight.digest(1), other.digest(1));
        let (left, right) = (straight.digests(1, 10).unwrap(), other.digests(1, 10).unwrap());
        for (left, right) in left.iter().zip(&right) {
            prop_assert_eq!(left.0, right.0);
            prop_assert_eq!(left.1 != right.1, left.0 == time.div_euclid(10) * 10);
        }
    }
}
