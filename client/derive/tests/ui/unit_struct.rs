use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu;

fn main() {}
