//! What `TarRestorer` makes of streams: the same as of archives that seek, and what only a stream can do wrong.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

#[path = "../tar_restorer/again.rs"]
mod again;
#[path = "../tar_restorer/attack.rs"]
mod attack;
#[path = "../tar_restorer/contents.rs"]
mod contents;
#[path = "../tar_restorer/existing.rs"]
mod existing;
#[path = "../tar_restorer/groups.rs"]
mod groups;
#[path = "../tar_restorer/hostile.rs"]
mod hostile;
#[path = "../tar_restorer/likeness.rs"]
mod likeness;
#[path = "../tar_reader/maker.rs"]
mod maker;
#[path = "../tar_restorer/metadata.rs"]
mod metadata;
#[path = "../tar_driller/nobody.rs"]
mod nobody;
#[path = "../tar_restorer/own.rs"]
mod own;
#[path = "../tar_restorer/place.rs"]
mod place;
#[path = "../tar_reader/random.rs"]
mod random;
#[path = "../tar_restorer/resolved_path.rs"]
mod resolved_path;
#[path = "../tar_restorer/round_trip.rs"]
mod round_trip;
mod stream;
#[path = "../tar_restorer/tar_bytes.rs"]
mod tar_bytes;
#[expect(dead_code, reason = "the tests of the reader need more of it")]
#[path = "../tar_reader/tree.rs"]
mod tree;
#[path = "../tar_restorer/unfinished.rs"]
mod unfinished;
mod way;
