use influx_client_derive::Measurement;

#[derive(Measurement)]
#[influx(measurement = "cpu")]
struct Cpu {
    #[influx(tags)]
    host: String,
    #[influx(name = "load")]
    usage: f64,
    #[influx(tag::key)]
    path: String,
}

#[derive(Measurement)]
#[influx(tag)]
struct Tagged {
    usage: f64,
}

#[derive(Measurement)]
struct Bare {
    #[influx]
    usage: f64,
}

fn main() {}
