use influx_client_derive::Measurement;

#[derive(Measurement)]
#[influx(name = "two\nlines")]
struct LineFeed {
    usage: f64,
}

#[derive(Measurement)]
#[influx(name = "")]
struct NoName {
    usage: f64,
}

#[derive(Measurement)]
#[influx(name = "#cpu")]
struct Comment {
    usage: f64,
}

#[derive(Measurement)]
#[influx(name = "a#!~b")]
struct Separator {
    usage: f64,
}

#[derive(Measurement)]
struct Columns {
    #[influx(tag, rename = "")]
    empty: String,
    #[influx(tag, rename = "a\nb")]
    line_feed: String,
    #[influx(tag, rename = "a#!~#")]
    separator: String,
    #[influx(rename = "a\\")]
    backslash: f64,
    #[influx(rename = "a\\ b")]
    backslash_before_space: f64,
    #[influx(rename = "a\\\"b")]
    backslash_before_quote: f64,
    #[influx(rename = "\ta")]
    tab: f64,
    #[influx(rename = "\0a")]
    nul: f64,
}

fn main() {}
