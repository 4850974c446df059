//! The promises of a store that keeps older generations.

use std::io::Write as _;

use super::place::{BackupPlace, name, publish, shows};
use crate::model::archive::{ArchiveName, ArchiveTimestamp, BackupRecord, Compression, Grade, SealedArchive};
use crate::model::error::Failure;
use crate::ports::{BackupStore, SilentProgress};
use crate::testing::at;
use crate::testing::promise::{same, same_bytes, works};

const OLDER: &str = "docs.2026-01-29T16-07+0100.tar";

fn docs(store: &dyn BackupStore) -> ArchiveName {
    name("docs").archive(Grade::Complete, store.ending(Compression::None.into()))
}

fn older(store: &dyn BackupStore) -> ArchiveName {
    docs(store).stamped(ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00")))
}

fn set_aside(store: &dyn BackupStore) -> bool {
    works(store.set_aside(&docs(store), &older(store)), "a backup can be set aside")
}

pub(super) fn what_is_set_aside_outlives_the_next(place: &BackupPlace) {
    let store = place.store.open();
    let old = publish(&*store, "docs", b"the old one", Grade::Complete);
    same(works(store.checksum_list(), "sums can be read").as_str(), "", "no list of sums is an empty one");
    same(&set_aside(&*store), &true, "what is set aside has its new name");
    let both: [(&str, &[u8]); 2] = [(OLDER, b"the old one"), ("docs.tar", b"the old one")];
    shows(place, &both, "what is set aside stands under both names until another takes its place");
    let listed = works(place.store.open().list(), "the backups can be listed");
    let ids: Vec<_> = listed.iter().map(BackupRecord::id).collect();
    same(&ids, &vec![old.id(); 2], "a backup keeps its size and date under each of its names");
    same(&set_aside(&*store), &true, "what is set aside twice is there once");
    publish(&*store, "docs", b"the new one", Grade::Complete);
    let expected: [(&str, &[u8]); 2] = [(OLDER, b"the old one"), ("docs.tar", b"the new one")];
    shows(place, &expected, "what is set aside outlives the next publish");
    works(store.replace_checksum_list("no sums\n"), "sums can be put beside the backups");
    shows(place, &expected, "a list of sums is no backup");
    same(&works(store.checksum_list(), "sums can be read"), &"no sums\n", "the sums that were put are read");
}

pub(super) fn nothing_is_set_aside_over_another(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "music", b"music", Grade::Complete);
    same(&set_aside(&*store), &false, "what is not there is not set aside");
    publish(&*store, "docs", b"one", Grade::Complete);
    same(&set_aside(&*store), &true, "what is set aside has its new name");
    publish(&*store, "docs", b"two", Grade::Complete);
    same(&set_aside(&*store), &false, "nothing takes the name of what was set aside before");
    publish(&*store, "docs", b"one", Grade::Complete);
    same(&set_aside(&*store), &false, "nor does another that has the same bytes");
    let expected: [(&str, &[u8]); 3] = [(OLDER, b"one"), ("docs.tar", b"one"), ("music.tar", b"music")];
    shows(place, &expected, "what was set aside before stays");
}

pub(super) fn an_older_one_takes_a_free_name_alone(place: &BackupPlace) {
    let (store, other) = (place.store.open(), place.store.open());
    publish(&*store, "docs", b"the newest", Grade::Complete);
    publish(&*store, "docs", b"not all of it", Grade::Incomplete);
    let packed = name("docs").archive(Grade::Complete, store.ending(Compression::Zstd.into()));
    let packed = packed.stamped(ArchiveTimestamp::of(at("2026-01-28T16:07:00+01:00")));
    for (archive, bytes) in [(older(&*store), b"an older one"), (packed, b"stored as is")] {
        let mut draft = works(store.draft_older(&archive), "a name that nobody is at can be drafted");
        works(draft.write_all(bytes), "a draft takes bytes");
        let busy = other.draft(&name("docs"), Compression::None).map(drop).map_err(|error| error.failure);
        same(&busy, &Err(Failure::Busy), "a draft of a name is Busy while an older one is written");
        let is_there = (place.read)(&archive.to_string()).is_some();
        same(&is_there, &false, "nothing of an older one is visible before it is published");
        let digest = works(draft.seal(), "an older one can be sealed");
        let record = works(draft.publish(Grade::Complete), "an older one can be published");
        same(&record.file_name, &archive.to_string(), "an older one has the name that was asked for");
        let listed = works(store.list(), "the backups can be listed");
        let finished = listed.iter().find(|one| one.file_name == record.file_name).map(|one| one.finished);
        let moment = archive.stamp.as_ref().map(ArchiveTimestamp::moment);
        same(&finished, &moment, "an older one is of the moment in its name");
        same(&Some(record.finished), &moment, "an older one that is published tells its moment");
        let digested = works(store.digest(&record.file_name, &SilentProgress), "an older one has a digest");
        same(&SealedArchive::from(digested), &digest, "a digest tells what stands once it is published");
        let stored = (place.read)(&record.file_name).unwrap_or_default();
        same_bytes(&stored, bytes, "an older one is stored as it was written");
        let mut second = works(store.draft_older(&archive), "a name that exists can be drafted");
        works(second.write_all(b"another"), "a draft takes bytes");
        let refused = second.publish(Grade::Complete).map(drop).map_err(|error| error.failure);
        same(&refused, &Err(Failure::Refused), "nothing takes the name of an older one");
        let stored = (place.read)(&record.file_name).unwrap_or_default();
        same_bytes(&stored, bytes, "an older one stays when another wants its name");
    }
    same(&works(store.list(), "the backups can be listed").len(), &4, "an older one removes nothing");
    publish(&*store, "docs", b"the next", Grade::Complete);
}

pub(super) fn what_is_removed_is_gone(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"one", Grade::Complete);
    set_aside(&*store);
    works(store.remove(&older(&*store)), "a backup can be removed");
    shows(place, &[("docs.tar", b"one")], "what is removed is gone, and nothing else");
    works(store.remove(&older(&*store)), "what is gone can be removed");
}
