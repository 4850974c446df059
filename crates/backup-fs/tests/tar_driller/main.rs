//! What `TarDriller` finds out with the system's tar, with tars that get something wrong, and without any.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

mod archives;
mod ends;
mod extremes;
mod few_rights;
#[path = "../tar_reader/maker.rs"]
mod maker;
mod nobody;
mod not_root;
mod other_tars;
mod place;
#[path = "../tar_reader/random.rs"]
mod random;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "../tar_reader/tree.rs"]
mod tree;
mod wrong_tars;
