use influx_client_derive::TagValue;

#[derive(TagValue)]
enum Values {
    #[influx(rename = "")]
    Empty,
    #[influx(rename = "a\nb")]
    LineFeed,
    #[influx(rename = "a\\")]
    Backslash,
    #[influx(tag)]
    Unknown,
    #[influx(rename = "a", rename = "b")]
    Twice,
    Tuple(String),
    Fields { x: i64 },
}

#[derive(TagValue)]
#[influx(name = "x")]
enum Named {
    A,
}

#[derive(TagValue)]
enum NoVariants {}

#[derive(TagValue)]
struct Struct {
    text: String,
}

fn main() {}
