//! The promises of [`StagedFile`](crate::ports::StagedFile), which are a part of those of the archiver.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cancelled::Cancelled;
use super::noise::noise;
use super::pack_place::PackPlace;
use super::promise::{same, same_bytes, works};
use crate::model::archive::{BackupName, Grade};
use crate::model::error::Failure;
use crate::ports::{Progress, SilentProgress};

/// Counts the bytes that it is told of.
#[derive(Default)]
struct HeardBytes(AtomicU64);

impl Progress for HeardBytes {
    fn advanced(&self, _path: &Path, content_bytes: u64) {
        self.0.fetch_add(content_bytes, Ordering::SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Where files can't be staged, there is nothing to promise.
pub(super) fn a_staged_file_is_packed_whole(place: &PackPlace) {
    for contents in [Vec::new(), b"x".to_vec(), noise(513), noise(3 << 20)] {
        if !place.archiver.can_stage() {
            return;
        }
        let mut staged = works(place.archiver.stage(&owner(), "dump.sql"), "a file can be staged");
        contents.chunks(700_001).for_each(|piece| works(staged.write_all(piece), "it takes what is written"));
        let (watch, mut archive) = (HeardBytes::default(), Vec::new());
        let report = works(staged.pack(&mut archive, &watch), "a staged file can be packed");
        let read = (place.read)(&archive).unwrap_or_default();
        same(&read.len(), &1, "a staged file is the only one in its archive");
        read.iter().for_each(|(_, read)| same_bytes(read, &contents, "it is there byte for byte"));
        same(&(report.entries, report.content_bytes), &(1, contents.len() as u64), "the report counts it");
        same(&report.grade(), &Grade::Complete, "it is complete");
        let heard = watch.0.load(Ordering::SeqCst);
        same(&heard, &(contents.len() as u64), "progress hears of every byte, once");
    }
}

pub(super) fn a_staged_file_has_one_writer(place: &PackPlace) {
    if !place.archiver.can_stage() {
        return;
    }
    let mut first = works(place.archiver.stage(&owner(), "a"), "a file can be staged");
    works(first.write_all(b"one"), "it takes what is written");
    let second = place.archiver.stage(&owner(), "b").map(drop).map_err(|error| error.failure);
    same(&second, &Err(Failure::Busy), "an owner has one staged file at a time");
    drop(first);
    let mut next = works(place.archiver.stage(&owner(), "a"), "one that was dropped is in nobody's way");
    works(next.write_all(b"two"), "it takes what is written");
    let mut archive = Vec::new();
    works(next.pack(&mut archive, &SilentProgress), "a staged file can be packed");
    let read = (place.read)(&archive).unwrap_or_default();
    same(
        &read.first().map(|(_, read)| &read[..]),
        &Some(&b"two"[..]),
        "nothing of a dropped one is in the next",
    );
    let cancelled = works(place.archiver.stage(&owner(), "a"), "a file can be staged");
    let end = cancelled.pack(&mut Vec::new(), &Cancelled).map_err(|error| error.failure);
    same(&end, &Err(Failure::Interrupted), "a pack of a staged file can be cancelled");
}

fn owner() -> BackupName {
    "docs".parse().expect("the name is good")
}
