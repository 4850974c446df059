//! Disk use: what archives really take on the disk, where they share parts of it.

use std::collections::HashMap;

use crate::model::archive::BackupRecord;
use crate::policy::disk_map::DiskMap;
use crate::ports::BackupStore;

/// What an archive, or several archives together, take on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskUse {
    /// All that they occupy, whoever else has parts of it.
    pub disk_bytes: u64,
    /// What no other archive has. It is free once they are gone.
    pub exclusive_bytes: u64,
}

/// What several archives take on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskUses {
    /// What each takes, by its file name. An archive is missing if the store can't tell that.
    pub each: HashMap<String, DiskUse>,
    /// What all of them together occupy, if that can be told of all.
    pub together_bytes: Option<u64>,
}

/// Returns what the archives of `listed` take for which `is_shown`. `listed` are all archives: what they share counts for none of
/// them alone, and two names of one archive share everything.
#[must_use]
pub fn disk_uses(
    backups: &dyn BackupStore,
    listed: &[BackupRecord],
    is_shown: &dyn Fn(&BackupRecord) -> bool,
) -> DiskUses {
    let (mut map, mut together, mut occupied) = (DiskMap::default(), DiskMap::default(), Vec::new());
    let mut is_told = true;
    for (owner, backup) in (0..).zip(listed) {
        let (space, is_shown) = (backups.disk_space(&backup.file_name), is_shown(backup));
        is_told &= space.is_some() || !is_shown;
        let Some(space) = space else { continue };
        map.add(owner, &space);
        if is_shown {
            together.add(MEANT, &space);
            occupied.push((backup.file_name.clone(), owner, space.bytes()));
        }
    }
    let shares = map.shares();
    let used = |(file_name, owner, disk_bytes)| {
        (file_name, DiskUse { disk_bytes, exclusive_bytes: shares.exclusive_bytes(owner) })
    };
    let together_bytes = is_told.then(|| together.shares().exclusive_bytes(MEANT));
    DiskUses { each: occupied.into_iter().map(used).collect(), together_bytes }
}

/// Returns what the archives of `listed` take together for which `is_meant`. `None` if the store can't tell it of all of them.
#[must_use]
pub fn disk_use_of(
    backups: &dyn BackupStore,
    listed: &[BackupRecord],
    is_meant: &dyn Fn(&BackupRecord) -> bool,
) -> Option<DiskUse> {
    let mut map = DiskMap::default();
    for backup in listed {
        let is_meant = is_meant(backup);
        match backups.disk_space(&backup.file_name) {
            Some(space) => map.add(if is_meant { MEANT } else { OTHERS }, &space),
            None if is_meant => return None,
            // It isn't there any more, or nobody can tell.
            None => {}
        }
    }
    let shares = map.shares();
    let exclusive_bytes = shares.exclusive_bytes(MEANT);
    Some(DiskUse { disk_bytes: exclusive_bytes + shares.shared_bytes(), exclusive_bytes })
}

const MEANT: u32 = 0;
const OTHERS: u32 = 1;
