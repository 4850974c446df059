//! The promises of a store that keeps older generations.

use super::{BackupPlace, name, publish, shows};
use crate::model::archive::{ArchiveName, ArchiveTimestamp, Compression, Grade};
use crate::ports::BackupStore;
use crate::testing::at;
use crate::testing::promise::{same, works};

const OLDER: &str = "docs.2026-01-29T16-07+0100.tar";

fn docs() -> ArchiveName {
    name("docs").archive(Grade::Complete, Compression::None)
}

fn older() -> ArchiveName {
    docs().stamped(ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00")))
}

fn set_aside(store: &dyn BackupStore) -> bool {
    works(store.set_aside(&docs(), &older()), "a backup can be set aside")
}

pub(super) fn what_is_set_aside_outlives_the_next(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"the old one", Grade::Complete);
    same(works(store.checksum_list(), "sums can be read").as_str(), "", "no list of sums is an empty one");
    same(&set_aside(&*store), &true, "what is set aside has its new name");
    let both: [(&str, &[u8]); 2] = [(OLDER, b"the old one"), ("docs.tar", b"the old one")];
    shows(place, &both, "what is set aside stands under both names until another takes its place");
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

pub(super) fn what_is_removed_is_gone(place: &BackupPlace) {
    let store = place.store.open();
    publish(&*store, "docs", b"one", Grade::Complete);
    set_aside(&*store);
    works(store.remove(&older()), "a backup can be removed");
    shows(place, &[("docs.tar", b"one")], "what is removed is gone, and nothing else");
    works(store.remove(&older()), "what is gone can be removed");
}
