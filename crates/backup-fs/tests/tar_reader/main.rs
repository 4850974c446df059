//! What `TarReader` makes of archives: those of stock tools, our own, damaged ones, and ones made up to harm.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests, and what they need, outside a test function"
)]

mod contract;
mod corpus;
mod crafted;
mod damage;
mod foreign;
mod generated;
mod large;
mod maker;
mod random;
mod tools;
mod tree;
mod view;
