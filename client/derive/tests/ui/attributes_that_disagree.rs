use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu {
    #[influx(tag, time)]
    tag_and_time: i64,
    #[influx(skip, tag)]
    skipped_tag: String,
    #[influx(skip, time)]
    skipped_time: i64,
    #[influx(skip, rename = "x")]
    skipped_name: i64,
    #[influx(time, rename = "x")]
    named_time: i64,
    usage: f64,
}

fn main() {}
