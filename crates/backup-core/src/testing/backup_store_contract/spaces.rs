//! The promises of a store that tells what archives take on the disk.

use super::place::{BackupPlace, draft, name, publish};
use crate::model::archive::{ArchiveTimestamp, BackupRecord, Compression, DiskSpace, Grade};
use crate::policy::disk_map::DiskMap;
use crate::ports::BackupStore;
use crate::testing::at;
use crate::testing::noise::noise;
use crate::testing::promise::{promise, same, works};

pub(super) fn the_space_of_an_archive_is_told(place: &BackupPlace) {
    let store = place.store.open();
    same(&store.disk_space("docs.tar"), &None, "what is not there takes no space");
    let docs = publish(&*store, "docs", &noise(100_000), Grade::Complete);
    let music = publish(&*store, "music", &noise(70_000), Grade::Complete);
    same(&store.disk_space("other.tar"), &None, "what is not there takes no space");
    let _open = draft(&*store, "open");
    let (Some(one), Some(other)) = (told(&*store, &docs), told(&*store, &music)) else { return };
    let mut map = DiskMap::default();
    map.add(0, &one);
    map.add(1, &other);
    let shares = map.shares();
    same(
        &[shares.exclusive_bytes(0), shares.exclusive_bytes(1)],
        &[one.bytes(), other.bytes()],
        "archives of their own share nothing",
    );
    let newest = name("docs").archive(Grade::Complete, store.ending(Compression::None.into()));
    let aside = newest.stamped(ArchiveTimestamp::of(at("2026-01-29T16:07:00+01:00")));
    promise(works(store.set_aside(&newest, &aside), "a backup can be set aside"), "it has two names", &aside);
    let aside = store.disk_space(&aside.to_string());
    same(&aside, &Some(one), "two names of one archive have the same space");
}

/// Returns the space of a backup. If it is told, there is room for the archive.
fn told(store: &dyn BackupStore, backup: &BackupRecord) -> Option<DiskSpace> {
    let space = store.disk_space(&backup.file_name)?;
    promise(space.bytes() >= backup.archive_bytes, "the space of an archive has room for it", &space);
    Some(space)
}
