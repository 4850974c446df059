//! The promises of a store that keeps archives compressed.

use std::io::Write;

use super::place::{BackupPlace, draft_stored, is_record_of, name, named, shows, tar_in};
use crate::model::archive::{BackupRecord, Compression, Grade};
use crate::model::error::Failure;
use crate::ports::BackupStore;
use crate::testing::noise::noise;
use crate::testing::promise::{promise, same, same_bytes, works};

/// The same archive, as it is and compressed.
const BOTH: [(Compression, &str); 2] = [(Compression::None, "docs.tar"), (Compression::Zstd, "docs.tar.zst")];

pub(super) fn every_byte_is_in_a_compressed_one(place: &BackupPlace) {
    let store = place.store.open();
    let noise = noise(9_000_000);
    let even = vec![b'x'; 9_000_000];
    for (text, contents) in [("empty", &[][..]), ("one_byte", b"x"), ("noise", &noise), ("even", &even)] {
        for piece_bytes in [1_000_000, 65_537] {
            let pieces = contents.chunks(piece_bytes);
            let record = publish_pieces(&*store, text, Compression::Zstd, Grade::Complete, pieces);
            let file_name = named(&*store, &format!("{text}.tar.zst"));
            let unpacked = tar_in(place, &*store, &file_name);
            same(&unpacked.is_some(), &true, "what was written comes out of a compressed archive");
            same_bytes(
                &unpacked.unwrap_or_default(),
                contents,
                "what was written comes out of a compressed archive",
            );
            is_record_of(&record, &file_name, &(place.read)(&file_name).unwrap_or_default());
        }
    }
}

pub(super) fn the_same_bytes_are_stored_the_same(place: &BackupPlace) {
    let store = place.store.open();
    let noise = noise(9_000_000);
    let stored = [700_001, 65_536].map(|piece_bytes| {
        let pieces = noise.chunks(piece_bytes);
        publish_pieces(&*store, "docs", Compression::Zstd, Grade::Complete, pieces);
        (place.read)(&named(&*store, "docs.tar.zst"))
    });
    promise(
        stored[0].is_some() && stored[0] == stored[1],
        "the same bytes written give the same bytes stored",
        &stored,
    );
}

pub(super) fn one_complete_archive_stands(place: &BackupPlace) {
    let store = place.store.open();
    for other in ["docs.tar", "docs.zst"] {
        for (compression, _) in BOTH {
            publish(&*store, other, compression, Grade::Incomplete);
        }
        publish(&*store, other, Compression::Zstd, Grade::Complete);
    }
    let others: [(&str, &[u8]); 2] = [("docs.tar.tar.zst", b"docs.tar"), ("docs.zst.tar.zst", b"docs.zst")];
    for (compression, file_name) in [BOTH[0], BOTH[1], BOTH[0], BOTH[1], BOTH[1]] {
        publish(&*store, "docs", compression, Grade::Incomplete);
        publish(&*store, "docs", compression, Grade::Complete);
        let all = [&others[..], &[(file_name, b"docs")]].concat();
        shows(place, &all, "of a name one complete archive stands, however it is stored");
    }
}

pub(super) fn one_incomplete_archive_stands(place: &BackupPlace) {
    let store = place.store.open();
    for (complete, file_name) in BOTH {
        publish(&*store, "docs", complete, Grade::Complete);
        for (incomplete, _) in BOTH {
            publish(&*store, "docs", incomplete, Grade::Incomplete);
            let beside = name("docs").archive(Grade::Incomplete, incomplete).to_string();
            let both: [(&str, &[u8]); 2] = [(&beside, b"docs"), (file_name, b"docs")];
            shows(place, &both, "of a name one incomplete archive stands beside the complete one");
        }
    }
}

pub(super) fn the_other_one_stays_until_the_end(place: &BackupPlace) {
    let store = place.store.open();
    for (of, (compression, _)) in BOTH.into_iter().zip([BOTH[1], BOTH[0]]) {
        publish(&*store, "docs", of.0, Grade::Complete);
        let mut dropped = draft_stored(&*store, "docs", compression);
        works(dropped.write_all(b"half of the new"), "a draft takes bytes");
        works(dropped.flush(), "a draft can be flushed");
        shows(place, &[(of.1, b"docs")], "an archive stays while one is written that is stored otherwise");
        drop(dropped);
        shows(place, &[(of.1, b"docs")], "a dropped draft leaves the archive that is stored otherwise");
        same(&works(store.remove_leftovers(), "a sweep works"), &0, "a dropped draft leaves nothing behind");
    }
}

pub(super) fn what_is_kept_stays(place: &BackupPlace) {
    let store = place.store.open();
    for (of, (other, file_name)) in BOTH.into_iter().zip([BOTH[1], BOTH[0]]) {
        publish(&*store, "docs", of.0, Grade::Complete);
        let mut draft = draft_stored(&*store, "docs", other);
        works(draft.write_all(b"docs"), "a draft takes bytes");
        draft.protect(name("docs").archive(Grade::Complete, store.ending(of.0.into())));
        works(draft.publish(Grade::Complete), "a draft can be published");
        let mut both: [(&str, &[u8]); 2] = [(of.1, b"docs"), (file_name, b"docs")];
        both.sort_unstable();
        shows(place, &both, "an archive that a draft was told to keep stays");
        publish(&*store, "docs", other, Grade::Complete);
    }
}

pub(super) fn one_draft_a_name_however_stored(place: &BackupPlace) {
    let store = place.store.open();
    for (open, (other, _)) in BOTH.into_iter().zip([BOTH[1], BOTH[0]]) {
        let _open = draft_stored(&*store, "docs", open.0);
        let failure = store.draft(&name("docs"), other).map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Busy), "a draft is Busy while one is open that is stored otherwise");
    }
}

/// Publishes an archive that holds its name.
fn publish(store: &dyn BackupStore, name: &str, compression: Compression, grade: Grade) -> BackupRecord {
    publish_pieces(store, name, compression, grade, [name.as_bytes()])
}

fn publish_pieces<'a>(
    store: &dyn BackupStore,
    name: &str,
    compression: Compression,
    grade: Grade,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> BackupRecord {
    let mut draft = draft_stored(store, name, compression);
    for piece in pieces {
        works(draft.write_all(piece), "a draft takes bytes");
    }
    works(draft.publish(grade), "a draft can be published")
}
