//! Each way to turn a sample into a line, as the documentation of each client shows it.

use std::hint::black_box;

use influx_client::{Batch, Point};
use influxdb::{InfluxDbWriteable as _, Query as _, Timestamp};
use influxdb_line_protocol::LineProtocolBuilder;
use influxdb2::models::{DataPoint, WriteDataPoint as _};
use questdb::ingress::{Buffer, ColumnName, ProtocolVersion, TableName, TimestampNanos};

use crate::sample::{FIELDS, MEASUREMENT, Sample, TAGS};

/// Encodes samples one behind the other.
pub trait Encoder {
    fn put(&mut self, sample: &Sample);
    fn clear(&mut self);
    fn bytes(&self) -> &[u8];
}

const SOUND: &str = "the sample is sound";

/// What is common to those that write into a [`Batch`].
macro_rules! batch_encoder {
    ($name:ident, $put:expr) => {
        #[derive(Default)]
        pub struct $name(Batch);

        impl Encoder for $name {
            #[inline]
            fn put(&mut self, sample: &Sample) {
                let put: fn(&mut Batch, &Sample) = $put;
                put(&mut self.0, sample);
            }

            fn clear(&mut self) {
                self.0.clear();
            }

            fn bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
    };
}

batch_encoder!(CachedSeries, |batch, sample| {
    batch
        .series(&sample.series)
        .field(FIELDS[0], sample.usage_user)
        .field(FIELDS[1], sample.usage_system)
        .field(FIELDS[2], sample.forks)
        .field(FIELDS[3], sample.throttled)
        .at(sample.time)
        .expect(SOUND);
});

batch_encoder!(Derived, |batch, sample| batch.push(sample).expect(SOUND));

batch_encoder!(NamesInTheCode, |batch, sample| {
    batch
        .point("cpu")
        .tag("dc", &sample.dc)
        .tag("host", &sample.host)
        .tag("service", &sample.service)
        .field("usage_user", sample.usage_user)
        .field("usage_system", sample.usage_system)
        .field("forks", sample.forks)
        .field("throttled", sample.throttled)
        .at(sample.time)
        .expect(SOUND);
});

batch_encoder!(NamesAtRunTime, |batch, sample| {
    let (measurement, tags, fields) = black_box((MEASUREMENT, TAGS, FIELDS));
    batch
        .point(measurement)
        .tag(tags[0], &sample.dc)
        .tag(tags[1], &sample.host)
        .tag(tags[2], &sample.service)
        .field(fields[0], sample.usage_user)
        .field(fields[1], sample.usage_system)
        .field(fields[2], sample.forks)
        .field(fields[3], sample.throttled)
        .at(sample.time)
        .expect(SOUND);
});

batch_encoder!(Owned, |batch, sample| {
    let point = Point::builder("cpu")
        .tag("dc", sample.dc.as_str())
        .tag("host", sample.host.as_str())
        .tag("service", sample.service.as_str())
        .field("usage_user", sample.usage_user)
        .field("usage_system", sample.usage_system)
        .field("forks", sample.forks)
        .field("throttled", sample.throttled)
        .at(sample.time);
    batch.push(&point.expect(SOUND)).expect(SOUND);
});

/// What is common to those that write into bytes.
macro_rules! bytes_encoder {
    ($name:ident, $put:expr) => {
        #[derive(Default)]
        pub struct $name(Vec<u8>);

        impl Encoder for $name {
            #[inline]
            fn put(&mut self, sample: &Sample) {
                let put: fn(&mut Vec<u8>, &Sample) = $put;
                put(&mut self.0, sample);
            }

            fn clear(&mut self) {
                self.0.clear();
            }

            fn bytes(&self) -> &[u8] {
                &self.0
            }
        }
    };
}

// Literals and the fastest formatters, nothing looked at: the floor.
bytes_encoder!(Floor, |out, sample| {
    let mut float = zmij::Buffer::new();
    let mut integer = itoa::Buffer::new();
    out.extend_from_slice(sample.series.as_bytes());
    out.extend_from_slice(b" usage_user=");
    out.extend_from_slice(float.format_finite(sample.usage_user).as_bytes());
    out.extend_from_slice(b",usage_system=");
    out.extend_from_slice(float.format_finite(sample.usage_system).as_bytes());
    out.extend_from_slice(b",forks=");
    out.extend_from_slice(integer.format(sample.forks).as_bytes());
    out.extend_from_slice(b"i,throttled=");
    let throttled: &[u8] = if sample.throttled { b"true" } else { b"false" };
    out.extend_from_slice(throttled);
    out.push(b' ');
    out.extend_from_slice(integer.format(sample.time).as_bytes());
    out.push(b'\n');
});

bytes_encoder!(Influxdb2, |out, sample| {
    let point = DataPoint::builder("cpu")
        .tag("dc", sample.dc.as_str())
        .tag("host", sample.host.as_str())
        .tag("service", sample.service.as_str())
        .field("usage_user", sample.usage_user)
        .field("usage_system", sample.usage_system)
        .field("forks", sample.forks)
        .field("throttled", sample.throttled)
        .timestamp(sample.time)
        .build();
    point.expect(SOUND).write_data_point_to(out).expect("memory takes everything");
});

bytes_encoder!(Influxdb, |out, sample| {
    let time = Timestamp::Nanoseconds(u128::from(sample.time.unsigned_abs()));
    let query = time
        .try_into_query("cpu")
        .expect(SOUND)
        .add_tag("dc", sample.dc.as_str())
        .add_tag("host", sample.host.as_str())
        .add_tag("service", sample.service.as_str())
        .add_field("usage_user", sample.usage_user)
        .add_field("usage_system", sample.usage_system)
        .add_field("forks", sample.forks)
        .add_field("throttled", sample.throttled);
    out.extend_from_slice(query.build().expect(SOUND).get().as_bytes());
    out.push(b'\n');
});

bytes_encoder!(LineProtocol, |out, sample| {
    let builder = LineProtocolBuilder::new_with(std::mem::take(out));
    *out = builder
        .measurement("cpu")
        .tag("dc", &sample.dc)
        .tag("host", &sample.host)
        .tag("service", &sample.service)
        .field("usage_user", sample.usage_user)
        .field("usage_system", sample.usage_system)
        .field("forks", sample.forks)
        .field("throttled", sample.throttled)
        .timestamp(sample.time)
        .close_line()
        .build();
});

/// Copies lines that are ready.
pub struct Copy {
    ready: Batch,
    next: usize,
    out: Vec<u8>,
}

impl Copy {
    pub fn new(samples: &[Sample]) -> Self {
        let mut ready = Batch::default();
        ready.push_all(samples);
        Self { ready, next: 0, out: Vec::new() }
    }
}

impl Encoder for Copy {
    #[inline]
    fn put(&mut self, _: &Sample) {
        self.out.extend_from_slice(self.ready.lines(self.next..self.next + 1));
        self.next = (self.next + 1) % self.ready.points();
    }

    fn clear(&mut self) {
        self.out.clear();
    }

    fn bytes(&self) -> &[u8] {
        &self.out
    }
}

/// questdb-rs in its text protocol, the names checked for each point or never.
pub struct Questdb<const CHECKED: bool>(Buffer);

impl<const CHECKED: bool> Default for Questdb<CHECKED> {
    fn default() -> Self {
        Self(Buffer::new(ProtocolVersion::V1))
    }
}

impl<const CHECKED: bool> Questdb<CHECKED> {
    fn try_put(&mut self, sample: &Sample) -> questdb::Result<()> {
        fn column<const CHECKED: bool>(name: &'static str) -> questdb::Result<ColumnName<'static>> {
            if CHECKED { ColumnName::new(name) } else { Ok(ColumnName::new_unchecked(name)) }
        }
        let table = if CHECKED { TableName::new("cpu")? } else { TableName::new_unchecked("cpu") };
        self.0
            .table(table)?
            .symbol(column::<CHECKED>("dc")?, &sample.dc)?
            .symbol(column::<CHECKED>("host")?, &sample.host)?
            .symbol(column::<CHECKED>("service")?, &sample.service)?
            .column_f64(column::<CHECKED>("usage_user")?, sample.usage_user)?
            .column_f64(column::<CHECKED>("usage_system")?, sample.usage_system)?
            .column_i64(column::<CHECKED>("forks")?, sample.forks)?
            .column_bool(column::<CHECKED>("throttled")?, sample.throttled)?
            .at(TimestampNanos::new(sample.time))
    }
}

impl<const CHECKED: bool> Encoder for Questdb<CHECKED> {
    #[inline]
    fn put(&mut self, sample: &Sample) {
        self.try_put(sample).expect(SOUND);
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
