//! What `TarRestorer` makes of archives: of our own, of interrupted ones, and of ones made up to harm.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

mod again;
mod attack;
mod choosing;
mod contents;
mod damaged;
mod depth;
mod existing;
mod groups;
mod hostile;
mod resolved_path;

mod likeness;
mod links;
#[path = "../tar_reader/maker.rs"]
mod maker;
mod metadata;
#[path = "../tar_driller/nobody.rs"]
mod nobody;
mod own;
mod place;
#[path = "../tar_reader/random.rs"]
mod random;
mod roots;
mod round_trip;
mod tar_bytes;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "../tar_reader/tree.rs"]
mod tree;
mod unfinished;
mod way;
