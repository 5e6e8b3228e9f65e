//! The points that every case encodes: `cpu` with 3 tags, 4 fields and a time in nanoseconds.

use influx_client::{Measurement, Series};

/// The measurement of every sample.
pub const MEASUREMENT: &str = "cpu";
/// Its tags.
pub const TAGS: [&str; 3] = ["dc", "host", "service"];
/// Its fields.
pub const FIELDS: [&str; 4] = ["usage_user", "usage_system", "forks", "throttled"];

/// How many digits the floats have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Two decimals: a line of 131 bytes.
    Short,
    /// All of them: a line of 156 bytes.
    Full,
}

/// A point, in the form in which an application has it.
#[derive(Measurement)]
#[influx(name = "cpu")]
pub struct Sample {
    /// What the point's measurement and tags are, encoded before.
    #[influx(skip)]
    pub series: Series,
    #[influx(tag)]
    pub dc: String,
    #[influx(tag)]
    pub host: String,
    #[influx(tag)]
    pub service: String,
    pub usage_user: f64,
    pub usage_system: f64,
    pub forks: i64,
    pub throttled: bool,
    #[influx(time)]
    pub time: i64,
}

impl Sample {
    /// `count` points whose lines are of one length, or nearly.
    pub fn many(count: usize, digits: Digits) -> Vec<Self> {
        let mut random = fastrand::Rng::with_seed(1);
        let mut float = move || loop {
            let float = match digits {
                Digits::Short => f64::from(random.u32(1_000..10_000)) / 100.0,
                Digits::Full => 10.0 + 90.0 * random.f64(),
            };
            let len = float.to_string().len();
            match digits {
                Digits::Short if len == 5 => return float,
                Digits::Full if (17..=18).contains(&len) => return float,
                Digits::Short | Digits::Full => {}
            }
        };
        let sample = |at: usize| {
            let (dc, host, service) = ("eu-west-1".to_owned(), format!("server-{:04}", at % 100), "api".to_owned());
            let series =
                Series::new(MEASUREMENT, TAGS.iter().zip([&dc, &host, &service])).expect("plain names and values");
            let at = at as i64;
            Self {
                series,
                dc,
                host,
                service,
                usage_user: float(),
                usage_system: float(),
                forks: 1_000_000 + at * 7_919,
                throttled: at % 3 == 0,
                time: 1_700_000_000_123_456_789 + at * 10_000_019,
            }
        };
        (0..count).map(sample).collect()
    }
}
