//! x
#![allow(dead_code, unused_imports)]
mod input;
mod render;
mod settings;
fn main() {}
