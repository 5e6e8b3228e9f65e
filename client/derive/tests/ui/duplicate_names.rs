use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu {
    #[influx(tag)]
    host: String,
    #[influx(tag, rename = "host")]
    server: String,
    usage: f64,
    #[influx(rename = "usage")]
    load: f64,
    #[influx(rename = "host")]
    hosts: i64,
    r#type: i64,
    #[influx(rename = "type")]
    kind: i64,
}

fn main() {}
