//! The methods that the JVM calls. Each looks its arguments over, and leaves what is to be done to the rest of the crate.

mod arguments;
mod clients;
mod guard;
mod queries;
mod writers;
mod writes;
