use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu {
    #[influx(tag)]
    time: String,
    #[influx(rename = "time")]
    at: i64,
}

fn main() {}
