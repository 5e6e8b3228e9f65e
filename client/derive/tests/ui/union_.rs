use influx_client_derive::Measurement;

#[derive(Measurement)]
union Cpu {
    usage: f64,
    load: i64,
}

fn main() {}
