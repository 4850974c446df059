//! The promises of what a crash must not leave in doubt: which archive stands.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::place::{BackupPlace, archive, draft, draft_stored, named, publish, shows};
use crate::model::archive::{Compression, Grade, SealedArchive};
use crate::model::error::Failure;
use crate::ports::{Progress, SilentProgress};
use crate::testing::noise::noise;
use crate::testing::promise::{promise, same, same_bytes, works};

pub(super) fn a_seal_tells_what_is_published(place: &BackupPlace) {
    let store = place.store.open();
    for compression in Compression::ALL {
        let file_name = &archive(&*store, "docs", Grade::Complete, compression);
        for contents in [noise(3_000_001), Vec::new(), b"other".to_vec()] {
            let mut draft = draft_stored(&*store, "docs", compression);
            works(draft.write_all(&contents), "a draft takes bytes");
            let digest = works(draft.seal(), "a draft can be sealed");
            same(&works(draft.seal(), "a draft can be sealed twice"), &digest, "a digest stays the same");
            let record = works(draft.publish(Grade::Complete), "a sealed draft can be published");
            let stands = works(store.digest(file_name, &SilentProgress), "a finished backup has a digest");
            same(&SealedArchive::from(stands), &digest, "a digest tells what stands once it is published");
            let told = (record.archive_bytes, record.sha256);
            same(&told, &(digest.archive_bytes, digest.sha256), "a record tells what was sealed");
        }
    }
}

pub(super) fn a_sealed_draft_is_no_backup(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"the old one", Grade::Complete);
    let mut sealed = draft(&*store, "docs");
    works(sealed.write_all(b"the new one"), "a draft takes bytes");
    let digest = works(sealed.seal(), "a draft can be sealed");
    shows(place, &[("docs.tar", b"the old one")], "nothing of a sealed draft is visible");
    let stands =
        works(store.digest(&named(&*store, "docs.tar"), &SilentProgress), "a finished backup has a digest");
    promise(SealedArchive::from(stands) != digest, "other bytes have another digest", &stands);
}

pub(super) fn what_was_written_is_read_from_any_place(place: &BackupPlace) {
    let store = place.store.open();
    for compression in Compression::ALL {
        let file_name = &archive(&*store, "docs", Grade::Complete, compression);
        for contents in [noise(5_000_001), Vec::new()] {
            let mut draft = draft_stored(&*store, "docs", compression);
            works(draft.write_all(&contents), "a draft takes bytes");
            works(draft.publish(Grade::Complete), "a draft can be published");
            let mut opened = works(store.open(file_name), "a finished backup can be opened");
            for start in [0, 4_999_999, 2_097_151, 2_097_152, 1, 6_000_000] {
                works(opened.seek(SeekFrom::Start(start)), "an archive can be read from any place on");
                let mut rest = Vec::new();
                works(opened.read_to_end(&mut rest), "an archive can be read");
                let expected = contents.get(usize::try_from(start).unwrap_or(usize::MAX)..);
                same_bytes(
                    &rest,
                    expected.unwrap_or_default(),
                    "what was written is read, from any place on",
                );
            }
        }
    }
}

pub(super) fn what_was_written_is_read_back(place: &BackupPlace) {
    let store = place.store.open();
    for compression in Compression::ALL {
        for contents in [noise(2_200_001), Vec::new()] {
            let mut draft = draft_stored(&*store, "docs", compression);
            works(draft.write_all(&contents), "a draft takes bytes");
            works(draft.seal(), "a draft can be sealed");
            let mut seen = Vec::new();
            let mut read_tar = |tar: &mut dyn Read| {
                works(tar.read_to_end(&mut seen), "what was written can be read back");
            };
            works(draft.verify(&mut read_tar, &SilentProgress), "what comes back is what was sealed");
            same_bytes(&seen, &contents, "what is read back is what was written, once");
            works(draft.verify(&mut |_| (), &SilentProgress), "it is compared wherever the walk stopped");
            let cancelled = draft.verify(&mut |_| (), &Cancelled).map_err(|error| error.failure);
            same(&cancelled, &Err(Failure::Interrupted), "reading back can be cancelled");
            works(draft.publish(Grade::Complete), "what was read back can be published");
        }
    }
}

pub(super) fn what_is_not_there_has_no_digest(place: &BackupPlace) {
    let store = place.store.open();
    let missing = |by_default| {
        let file_name = &named(&*store, by_default);
        let failure = store.digest(file_name, &SilentProgress).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Missing), "what is not there has no digest");
        let failure = store.open(file_name).map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Missing), "what is not there can't be opened");
    };
    missing("docs.tar");
    publish(&*store, "docs", b"all of it", Grade::Complete);
    missing("docs.incomplete.tar");
    missing("../backups/docs.tar");
}

pub(super) fn an_inspection_tells_what_is_in_it_and_what_it_is(place: &BackupPlace) {
    let store = place.store.open();
    for compression in Compression::ALL {
        let file_name = &archive(&*store, "docs", Grade::Complete, compression);
        // More than any reader takes in at once, and less; read to the end, in part, and not at all.
        for (contents, walked_bytes) in [noise(9_000_001), Vec::new(), noise(5)]
            .into_iter()
            .flat_map(|bytes| [u64::MAX, 4_300_000, 0].map(|walked_bytes| (bytes.clone(), walked_bytes)))
        {
            let mut draft = draft_stored(&*store, "docs", compression);
            works(draft.write_all(&contents), "a draft takes bytes");
            let digest = works(draft.seal(), "a draft can be sealed");
            works(draft.publish(Grade::Complete), "a draft can be published");
            let (mut seen, mut walks) = (Vec::new(), 0);
            let mut read_tar = |tar: &mut dyn Read| {
                works(tar.take(walked_bytes).read_to_end(&mut seen), "an archive can be walked through");
                walks += 1;
            };
            let told =
                works(store.inspect(file_name, &mut read_tar, &SilentProgress), "a backup can be inspected");
            same(&walks, &1, "an inspection walks once");
            let walked_bytes = usize::try_from(walked_bytes).unwrap_or(usize::MAX).min(contents.len());
            same_bytes(&seen, &contents[..walked_bytes], "an inspection walks through the plain tar");
            same(
                &SealedArchive::from(told),
                &digest,
                "an inspection tells what all of it is, wherever the walk stopped",
            );
        }
        let cancelled = store.inspect(file_name, &mut |_| (), &Cancelled).map_err(|error| error.failure);
        same(&cancelled, &Err(Failure::Interrupted), "an inspection can be cancelled");
        let cancelled = store.digest(file_name, &Cancelled).map_err(|error| error.failure);
        same(&cancelled, &Err(Failure::Interrupted), "a digest can be cancelled");
    }
    let missing = named(&*store, "music.tar");
    let missing = store.inspect(&missing, &mut |_| (), &SilentProgress).map_err(|error| error.failure);
    same(&missing, &Err(Failure::Missing), "what is not there can't be inspected");
}

/// Wants an end at once.
struct Cancelled;

impl Progress for Cancelled {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        true
    }
}
