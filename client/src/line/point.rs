//! A point that owns its parts.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::batch::{Batch, MissingTime};
use super::clock;
use super::error::{Name, PointError, PointErrorKind};
use super::measurement::Measurement;
use super::owned_value::OwnedValue;
use super::raw::RawLine;
use super::timestamp::Timestamp;
use super::value::FieldValue;
use crate::Precision;

/// A point that owns its parts: to be kept, compared, sent between threads, or read from and written to other formats.
///
/// A `Point` is one that line protocol can carry: names and values were checked when it was made, so that showing it,
/// writing it as JSON and reading it back never fail and never change it. Where points only pass on to the server,
/// [`Batch::point`] and `#[derive(Measurement)]` are faster, as they copy nothing.
///
/// ```
/// use influx_client::{Batch, Point, Precision, Timestamp};
///
/// let point = Point::builder("cpu")
///     .tag("host", "server 1")
///     .field("usage", 0.5)
///     .field("switches", 7)
///     .at(Timestamp::Nanoseconds(1_600_000_000_000_000_000))?;
/// let line = r"cpu,host=server\ 1 usage=0.5,switches=7i 1600000000000000000";
/// assert_eq!(point.to_string(), line);
/// assert_eq!(line.parse::<Point>()?, point);
///
/// let mut batch = Batch::new(Precision::Seconds);
/// batch.push(&point)?;
/// assert_eq!(batch.line(0), br"cpu,host=server\ 1 usage=0.5,switches=7i 1600000000");
/// # Ok::<(), influx_client::PointError>(())
/// ```
///
/// # Time
///
/// The time is kept in nanoseconds, whatever the precision of the batch that the point comes to; there it is cut down
/// to that precision. A point without a time gets one as [`Batch::missing_time`] says.
///
/// # JSON
///
/// Tags and fields are objects in the point's order; `tags` and `time` may be missing. Each value names its type, see
/// [`OwnedValue`]. What cannot be a point does not deserialize.
///
/// ```
/// # use influx_client::Point;
/// let json = r#"{
///     "measurement": "cpu",
///     "tags": {"host": "a"},
///     "fields": {"usage": {"float": 0.5}, "switches": {"integer": 7}},
///     "time": 1600000000000000000
/// }"#;
/// let point: Point = serde_json::from_str(json)?;
/// assert_eq!(point.to_string(), "cpu,host=a usage=0.5,switches=7i 1600000000000000000");
/// assert_eq!(serde_json::from_str::<Point>(&serde_json::to_string(&point)?)?, point);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Point {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: Vec<(String, OwnedValue)>,
    /// In nanoseconds.
    time: Option<i64>,
}

impl Point {
    /// Begins a point.
    pub fn builder(measurement: impl Into<String>) -> PointBuilder {
        PointBuilder { measurement: measurement.into(), tags: Vec::new(), fields: Vec::new(), error: None }
    }

    /// Reads a point from one line, whose time counts in `precision`; [`FromStr`] takes nanoseconds.
    ///
    /// The line is checked as [`Batch::push_line`] checks it.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn parse(line: &str, precision: Precision) -> Result<Self, PointError> {
        let mut checked = Batch::new(precision);
        checked.missing_time(MissingTime::ServerClock);
        checked.push_line(line.as_bytes())?;
        let raw = RawLine::parse(checked.line(0)).map_err(|error| PointError::new(0, error.into()))?;
        // Nothing is lost: taking backslashes out of UTF-8 leaves UTF-8.
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut point = Self::builder(text(&raw.measurement()));
        point.tags.extend(raw.tags().map(|(key, value)| (text(&key), text(&value))));
        let fields = raw.fields();
        point.fields.extend(fields.filter_map(|field| {
            let value = OwnedValue::parse(field.field_type, field.value)?;
            Some((text(&field.key), value))
        }));
        point.build(raw.timestamp().map(|units| units * precision.nanoseconds()))
    }

    /// The measurement.
    #[must_use]
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// The tags, sorted by name.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (&**key, &**value))
    }

    /// The value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    /// The fields, of which there is one at least, in the order in which they were given.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &OwnedValue)> {
        self.fields.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&OwnedValue> {
        self.fields().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The time, in nanoseconds; `None` where the point gets its time when it is written.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.time.map(Timestamp::Nanoseconds)
    }

    /// The point in line protocol.
    fn line(&self) -> Result<String, PointError> {
        let mut batch = Batch::new(Precision::Nanoseconds);
        batch.missing_time(MissingTime::ServerClock);
        batch.push(self)?;
        let mut line = batch.into_bytes();
        line.pop();
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

impl Measurement for Point {
    /// Adds the point, its time cut down to the batch's precision.
    fn write_to(&self, batch: &mut Batch) -> Result<(), PointError> {
        write(batch, &self.measurement, self.tags(), &self.fields, self.time)
    }
}

fn write<'a>(
    batch: &mut Batch,
    measurement: &str,
    tags: impl Iterator<Item = (&'a str, &'a str)>,
    fields: &[(String, OwnedValue)],
    time: Option<i64>,
) -> Result<(), PointError> {
    let missing_time = batch.missing_time;
    let Some(((key, value), others)) = fields.split_first() else {
        return Err(PointError::new(batch.points(), PointErrorKind::NoField));
    };
    let mut writer = batch.point(measurement);
    for (key, value) in tags {
        writer = writer.tag(key, value);
    }
    let mut writer = writer.field(key, value);
    for (key, value) in others {
        writer = writer.field(key, value);
    }
    match (time, missing_time) {
        (Some(nanoseconds), _) => writer.at(Timestamp::Nanoseconds(nanoseconds)),
        (None, MissingTime::ClientClock) => writer.now(),
        (None, MissingTime::ServerClock) => writer.server_time(),
        (None, MissingTime::At(units)) => writer.at(units),
    }
}

/// The point in line protocol, without a line feed; its time in nanoseconds.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line().map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Point({self})")
    }
}

impl FromStr for Point {
    type Err = PointError;

    /// Reads a point from one line, whose time counts in nanoseconds.
    fn from_str(line: &str) -> Result<Self, PointError> {
        Self::parse(line, Precision::Nanoseconds)
    }
}

/// A [`Point`] in the making.
///
/// What is wrong with it is told by the call that finishes it: [`at`](Self::at), [`now`](Self::now) or
/// [`without_time`](Self::without_time).
#[derive(Clone, Debug)]
#[must_use = "a point is made by at(), now() or without_time()"]
pub struct PointBuilder {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, OwnedValue)>,
    /// What a field already was that cannot be kept.
    error: Option<PointErrorKind>,
}

impl PointBuilder {
    /// Adds a tag. One with an empty value is left out: the server has no such thing.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.tags.push((key.into(), value));
        }
        self
    }

    /// Adds a field.
    pub fn field(mut self, key: impl Into<String>, value: impl FieldValue) -> Self {
        let key = key.into();
        match OwnedValue::stored(value.as_value()) {
            Some(value) => self.fields.push((key, value)),
            None => {
                self.error.get_or_insert_with(|| PointErrorKind::IntegerTooLarge { key: Name::new(&key) });
            }
        }
        self
    }

    /// Makes the point, with its time: a [`SystemTime`](std::time::SystemTime), another [`Timestamp`], or an `i64`,
    /// which counts in nanoseconds.
    ///
    /// # Errors
    /// The first thing that is wrong with the point, whose index in the error is 0.
    pub fn at(self, time: impl Into<Timestamp>) -> Result<Point, PointError> {
        let precision = Precision::Nanoseconds;
        match time.into().in_precision(precision) {
            Some(nanoseconds) => self.build(Some(nanoseconds)),
            None => Err(PointError::new(0, self.error.unwrap_or(PointErrorKind::TimeOutOfRange { precision }))),
        }
    }

    /// Makes the point, with the client's time, as [`LineWriter::now`](super::LineWriter::now) gives it.
    ///
    /// # Errors
    /// The first thing that is wrong with the point, whose index in the error is 0.
    pub fn now(self) -> Result<Point, PointError> {
        let precision = Precision::Nanoseconds;
        match clock::stamp(precision) {
            Some(nanoseconds) => self.build(Some(nanoseconds)),
            None => Err(PointError::new(0, PointErrorKind::StampsAhead { precision })),
        }
    }

    /// Makes the point, which gets its time when it is written, as [`Batch::missing_time`] says.
    ///
    /// # Errors
    /// The first thing that is wrong with the point, whose index in the error is 0.
    pub fn without_time(self) -> Result<Point, PointError> {
        self.build(None)
    }

    fn build(self, time: Option<i64>) -> Result<Point, PointError> {
        let Self { measurement, tags, fields, error } = self;
        if let Some(kind) = error {
            return Err(PointError::new(0, kind));
        }
        // What can be written is a point.
        let mut scratch = Batch::new(Precision::Nanoseconds);
        scratch.missing_time(MissingTime::ServerClock);
        let given = tags.iter().map(|(key, value)| (&**key, &**value));
        write(&mut scratch, &measurement, given, &fields, time)?;
        Ok(Point { measurement, tags: tags.into_iter().collect(), fields, time })
    }

    /// Makes the point out of what was deserialized.
    pub(super) fn from_parts(
        measurement: String,
        tags: Vec<(String, String)>,
        fields: Vec<(String, OwnedValue)>,
        time: Option<i64>,
    ) -> Result<Point, PointError> {
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let builder = Self { measurement, tags, fields, error: None };
        match time {
            Some(nanoseconds) => builder.at(nanoseconds),
            None => builder.without_time(),
        }
    }
}
