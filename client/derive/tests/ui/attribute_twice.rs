use influx_client_derive::Measurement;

#[derive(Measurement)]
#[influx(name = "cpu", name = "load")]
struct Cpu {
    #[influx(tag, tag)]
    host: String,
    #[influx(tag)]
    #[influx(tag)]
    site: String,
    #[influx(rename = "a", rename = "b")]
    usage: f64,
    #[influx(time)]
    #[influx(time)]
    at: i64,
}

fn main() {}
