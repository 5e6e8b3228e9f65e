use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Empty {}

#[derive(Measurement)]
struct OnlyTags {
    #[influx(tag)]
    host: String,
    #[influx(tag)]
    site: String,
}

#[derive(Measurement)]
struct OnlyTheTime {
    #[influx(time)]
    at: i64,
    #[influx(skip)]
    usage: f64,
}

fn main() {}
