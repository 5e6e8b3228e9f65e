//! Types that derive `Measurement`: what they write, what they refuse, and that they agree with the names given at run
//! time.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use influx_client::{
    Batch, FieldType, FieldValue, Measurement, PointErrorKind, Precision, Series, TagValue, Timestamp, Value,
};

fn line<M: Measurement>(point: &M) -> String {
    let mut batch = Batch::default();
    batch.push(point).unwrap();
    String::from_utf8(batch.line(0).to_vec()).unwrap()
}

fn refusal<M: Measurement>(point: &M) -> PointErrorKind {
    let mut batch = Batch::default();
    batch.point("before").field("f", 1i64).at(1).unwrap();
    let error = batch.push(point).unwrap_err();
    assert_eq!(batch.as_bytes(), b"before f=1i 1\n");
    assert_eq!(error.point(), 1);
    error.kind().clone()
}

#[derive(Measurement)]
struct EveryType<'a> {
    #[influx(tag)]
    text: &'a str,
    #[influx(tag)]
    owned: String,
    #[influx(tag)]
    cow: Cow<'a, str>,
    #[influx(tag)]
    shared: Arc<str>,
    #[influx(tag)]
    boxed: Box<str>,
    #[influx(tag)]
    byte: u8,
    #[influx(tag)]
    huge: u64,
    #[influx(tag)]
    low: i64,
    #[influx(tag)]
    flag: bool,
    #[influx(tag)]
    none: Option<&'a str>,
    double: f64,
    single: f32,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    isize: isize,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    usize: usize,
    boolean: bool,
    str: &'a str,
    string: String,
    field_cow: Cow<'a, str>,
    arc: Arc<str>,
    rc: Rc<str>,
    some: Option<i64>,
    nothing: Option<f64>,
    reference: &'a f64,
    #[influx(time)]
    at: Timestamp,
}

/// Every type that a tag or a field can have.
#[test]
fn every_type_is_written() {
    let point = EveryType {
        text: "a b",
        owned: "o".into(),
        cow: "c".into(),
        shared: "a tag's value of more than a word".into(),
        boxed: "".into(),
        byte: 255,
        huge: u64::MAX,
        low: i64::MIN,
        flag: true,
        none: None,
        double: 0.5,
        single: 0.1,
        i8: -1,
        i16: -2,
        i32: -3,
        i64: i64::MIN,
        isize: -5,
        u8: 1,
        u16: 2,
        u32: 3,
        u64: i64::MAX as u64,
        usize: 5,
        boolean: false,
        str: "say \"hi\"",
        string: "two\nlines".into(),
        field_cow: "c".into(),
        arc: "a".into(),
        rc: "r".into(),
        some: Some(1),
        nothing: None,
        reference: &1.5,
        at: Timestamp::Nanoseconds(7),
    };
    assert_eq!(
        line(&point),
        "every_type,byte=255,cow=c,flag=true,huge=18446744073709551615,low=-9223372036854775808,owned=o,\
         shared=a\\ tag's\\ value\\ of\\ more\\ than\\ a\\ word,text=a\\ b \
         double=0.5,single=0.1,i8=-1i,i16=-2i,i32=-3i,i64=-9223372036854775808i,isize=-5i,u8=1i,u16=2i,u32=3i,\
         u64=9223372036854775807i,usize=5i,boolean=false,str=\"say \\\"hi\\\"\",string=\"two\nlines\",\
         field_cow=\"c\",arc=\"a\",rc=\"r\",some=1i,reference=1.5 7"
    );
}

#[derive(Measurement)]
#[influx(name = "a measurement, of more = than a \"word\"")]
struct OddNames<'a> {
    #[influx(tag, rename = "z tag")]
    first: &'a str,
    #[influx(tag, rename = "a,tag=of more than a word, and of more than a block")]
    second: &'a str,
    #[influx(tag, rename = "a!tag")]
    third: &'a str,
    #[influx(tag, rename = "C:\\temp")]
    fourth: &'a str,
    #[influx(rename = "a field=with, odd \"signs\" and of more than a block")]
    odd: f64,
    #[influx(rename = "seventeen_letters")]
    long: i64,
    #[influx(rename = "\u{feff}é😀")]
    unicode: bool,
    #[influx(rename = "#!~#")]
    separator: &'a str,
    #[influx(time)]
    at: i64,
}

impl OddNames<'_> {
    fn write_at_run_time(&self, batch: &mut Batch) {
        let tags = [
            ("z tag", self.first),
            ("a,tag=of more than a word, and of more than a block", self.second),
            ("a!tag", self.third),
            ("C:\\temp", self.fourth),
        ];
        let series = Series::new("a measurement, of more = than a \"word\"", tags).unwrap();
        batch
            .series(&series)
            .field("a field=with, odd \"signs\" and of more than a block", self.odd)
            .field("seventeen_letters", self.long)
            .field("\u{feff}é😀", self.unicode)
            .field("#!~#", self.separator)
            .at(self.at)
            .unwrap();
    }
}

/// What the derive does to names when the program is compiled is what the encoder does to them when it runs.
#[test]
fn names_are_checked_escaped_and_sorted_as_at_run_time() {
    let (mut derived, mut given) = (Batch::default(), Batch::default());
    for at in 0..3 {
        let point = OddNames {
            first: "plain",
            second: "odd, value",
            third: "",
            fourth: "x",
            odd: 1.5,
            long: -7,
            unicode: true,
            separator: "s",
            at,
        };
        derived.push(&point).unwrap();
        point.write_at_run_time(&mut given);
        // Both share the names of a batch: neither is taken for another field.
        given.push(&OddNames { at: at + 10, ..point }).unwrap();
        assert_eq!(derived.line(at as usize), given.line(2 * at as usize));
    }
}

#[derive(Clone, Default, Measurement)]
struct Optional {
    #[influx(tag)]
    host: Option<String>,
    usage: Option<f64>,
    count: Option<u64>,
    #[influx(time)]
    at: Option<SystemTime>,
}

/// A field that comes and goes, and the client's clock where no time is given.
#[test]
fn what_is_none_is_left_out() {
    let at = Some(UNIX_EPOCH + Duration::from_nanos(5));
    let full = Optional { host: Some("a".into()), usage: Some(0.5), count: Some(7), at };
    assert_eq!(line(&full), "optional,host=a usage=0.5,count=7i 5");
    assert_eq!(line(&Optional { host: None, usage: None, ..full.clone() }), "optional count=7i 5");
    assert_eq!(line(&Optional { host: Some(String::new()), count: None, ..full.clone() }), "optional usage=0.5 5");

    let mut batch = Batch::default();
    for _ in 0..2 {
        batch.push(&Optional { at: None, ..full.clone() }).unwrap();
    }
    assert!(batch.is_idempotent(), "stamped by the client");
    let time = |index| batch.line(index).rsplit(|&byte| byte == b' ').next().unwrap().to_vec();
    assert_ne!(time(0), time(1));
}

#[test]
fn a_point_without_a_field_is_refused() {
    assert_eq!(refusal(&Optional { at: Some(UNIX_EPOCH), ..Optional::default() }), PointErrorKind::NoField);
    assert_eq!(refusal(&Optional { host: Some("a".into()), ..Optional::default() }), PointErrorKind::NoField);
}

#[test]
fn what_no_server_stores_is_refused() {
    let sound = Optional { usage: Some(0.5), count: Some(1), at: Some(UNIX_EPOCH), host: None };
    let far = UNIX_EPOCH + Duration::from_secs(20_000_000_000);
    assert!(matches!(refusal(&Optional { usage: Some(f64::NAN), ..sound.clone() }), PointErrorKind::NotFinite { .. }));
    assert!(matches!(
        refusal(&Optional { count: Some(u64::MAX), ..sound.clone() }),
        PointErrorKind::IntegerTooLarge { .. }
    ));
    assert!(matches!(refusal(&Optional { at: Some(far), ..sound.clone() }), PointErrorKind::TimeOutOfRange { .. }));
    assert!(matches!(refusal(&Optional { host: Some("a\nb".into()), ..sound }), PointErrorKind::LineFeed { .. }));
    let long = "x".repeat(65_536);
    let point = OddNames {
        first: &long,
        second: "",
        third: "",
        fourth: "",
        odd: 1.0,
        long: 1,
        unicode: true,
        separator: "s",
        at: 1,
    };
    assert!(matches!(refusal(&point), PointErrorKind::KeyTooLong { .. }));
    let almost = "x".repeat(65_450);
    assert!(matches!(refusal(&OddNames { first: &almost, ..point }), PointErrorKind::KeyTooLong { .. }));
}

#[derive(Measurement)]
#[influx(name = "optional")]
struct OtherType {
    usage: i64,
}

/// Real clusters acknowledge some batches that give a field two types and store nothing of them.
#[test]
fn a_field_of_two_types_is_refused() {
    let mut batch = Batch::default();
    batch.push(&Optional { count: Some(1), ..Optional::default() }).unwrap();
    batch.push(&OtherType { usage: 1 }).unwrap();
    let error = batch.push(&Optional { usage: Some(0.5), ..Optional::default() }).unwrap_err();
    let (have, got) = (FieldType::Integer, FieldType::Float);
    assert!(matches!(error.kind(), PointErrorKind::TypeFlip { have: h, got: g, .. } if (*h, *g) == (have, got)));
    assert!(batch.point("optional").field("usage", true).at(1).is_err(), "points given by name share the types");
    batch.check_field_types(false);
    batch.push(&Optional { usage: Some(0.5), ..Optional::default() }).unwrap();
    assert_eq!(batch.points(), 3);
}

#[derive(Measurement)]
#[influx(crate = "influx_client")]
struct Generic<'a, K, V: 'a, const N: usize>
where
    V: Clone,
{
    #[influx(tag)]
    r#type: Option<K>,
    value: &'a V,
    #[influx(skip)]
    _ignored: [u8; N],
    #[influx(time)]
    row: i64,
}

struct Celsius(f64);

impl FieldValue for Celsius {
    fn as_value(&self) -> Value<'_> {
        Value::Float(self.0)
    }
}

#[derive(Clone, TagValue)]
enum Site {
    East,
    #[influx(rename = "a site, or = so")]
    Odd,
}

impl FieldValue for Site {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::East | Self::Odd => Value::String("east"),
        }
    }
}

#[derive(Measurement)]
struct Room {
    celsius: Celsius,
}

/// Lifetimes, type parameters, raw names, types of one's own.
#[test]
fn generic_types_and_own_types() {
    let point = Generic { r#type: Some(Site::East), value: &1.5, _ignored: [0; 3], row: 1 };
    assert_eq!(line(&point), "generic,type=east value=1.5 1");
    let point = Generic { r#type: Some(Site::Odd), value: &1i64, _ignored: [], row: 1 };
    assert_eq!(line(&point), "generic,type=a\\ site\\,\\ or\\ \\=\\ so value=1i 1");
    let point = Generic { r#type: None::<u8>, value: &Site::East, _ignored: [], row: 1 };
    assert_eq!(line(&point), "generic value=\"east\" 1");
    assert!(line(&Room { celsius: Celsius(21.5) }).starts_with("room celsius=21.5 "));
}

/// A batch takes points of many types at once, and times in its own precision.
#[test]
fn measurements_are_objects() {
    let room = Room { celsius: Celsius(1.0) };
    let points: [Box<dyn Measurement>; 2] = [Box::new(room), Box::new(OtherType { usage: 2 })];
    let mut batch = Batch::new(Precision::Seconds);
    let pushed = batch.push_all(&points);
    assert_eq!((pushed.taken(), pushed.position_of(1)), (2, Some(1)));
    batch.push(&Generic { r#type: None::<u8>, value: &1i64, _ignored: [], row: 1_600_000_000 }).unwrap();
    assert_eq!(batch.line(2), b"generic value=1i 1600000000");
    let at = Some(UNIX_EPOCH + Duration::from_millis(2_500));
    batch.clear();
    batch.push(&Optional { usage: Some(1.0), at, ..Optional::default() }).unwrap();
    assert_eq!(batch.line(0), b"optional usage=1.0 2");
}

/// Once a batch has had as many points before, a point costs no memory, however it is given.
#[test]
fn a_point_allocates_nothing() {
    let (text, long) = ("a b", "a tag's value of more than a word");
    let every = EveryType {
        text,
        owned: "o".into(),
        cow: Cow::Borrowed("c"),
        shared: long.into(),
        boxed: "x".into(),
        byte: 255,
        huge: u64::MAX,
        low: i64::MIN,
        flag: true,
        none: None,
        double: 0.1,
        single: 0.1,
        i8: -1,
        i16: -2,
        i32: -3,
        i64: i64::MIN,
        isize: -5,
        u8: 1,
        u16: 2,
        u32: 3,
        u64: 4,
        usize: 5,
        boolean: false,
        str: "say \"hi\"",
        string: "two\nlines".into(),
        field_cow: Cow::Borrowed("c"),
        arc: "a".into(),
        rc: "r".into(),
        some: Some(1),
        nothing: None,
        reference: &1.5,
        at: Timestamp::Nanoseconds(7),
    };
    let odd = OddNames {
        first: text,
        second: long,
        third: "",
        fourth: "x",
        odd: 1.5,
        long: -7,
        unicode: true,
        separator: "s",
        at: 1,
    };
    let owned: influx_client::Point = "m,t=a f=1i,g=2.5,h=\"x\" 1".parse().unwrap();
    let series = Series::new("s", [("host", long)]).unwrap();
    let mut batch = Batch::default();
    let mut fill = || {
        batch.clear();
        for turn in 0..100 {
            let fields = if turn % 2 == 0 { (Some(0.5), None) } else { (None, Some(1)) };
            batch.push(&every).unwrap();
            batch.push(&odd).unwrap();
            batch.push(&Optional { host: None, usage: fields.0, count: fields.1, at: None }).unwrap();
            batch.push(&owned).unwrap();
            batch.series(&series).field("f", turn).at(turn).unwrap();
            batch.point("m2").tag("host", long).field("a field of more than a word", turn).at(turn).unwrap();
        }
    };
    fill();
    let counted = allocation_counter::measure(&mut fill);
    assert_eq!(counted.count_total, 0);
    // The counter counts: another batch has to get its memory.
    assert_ne!(allocation_counter::measure(|| Batch::default().push(&odd).unwrap()).count_total, 0);
}
