use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu(#[influx(tag)] String, f64);

fn main() {}
