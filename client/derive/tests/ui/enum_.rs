use influx_client_derive::Measurement;

#[derive(Measurement)]
enum Cpu {
    Usage(f64),
    Idle,
}

fn main() {}
