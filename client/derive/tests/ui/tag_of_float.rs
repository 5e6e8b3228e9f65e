use influx_client_derive::Measurement;

#[derive(Measurement)]
struct Cpu<'a> {
    #[influx(tag)]
    load: f64,
    #[influx(tag)]
    weight: Option<&'a f32>,
    usage: f64,
}

fn main() {}
