//! What it takes to turn packed rows into line protocol.

fn main() {
    divan::main();
}
