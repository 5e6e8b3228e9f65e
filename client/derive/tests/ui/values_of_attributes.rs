use influx_client_derive::Measurement;

#[derive(Measurement)]
#[influx(name = cpu)]
struct Cpu {
    #[influx(tag = "host")]
    host: String,
    #[influx(rename = 5)]
    number: i64,
    #[influx(rename)]
    nothing: i64,
    #[influx(tag("host"))]
    list: String,
}

fn main() {}
