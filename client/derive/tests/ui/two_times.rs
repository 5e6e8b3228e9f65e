use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu {
    usage: f64,
    #[influx(time)]
    began: i64,
    #[influx(time)]
    ended: i64,
}

fn main() {}
