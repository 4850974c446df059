//! Tests with mount points whose metadata can't or must not be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use backup_core::model::archive::{Grade, PackReport, Selection};
use backup_core::ports::{PackRequest, SilentProgress};
use rustix::io::Errno;

use super::*;
use crate::tar_archiver::TarArchiver;

/// Creates a folder with the file `a`, and the folder `mnt` with the file `x`.
fn source() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a"), "").unwrap();
    fs::create_dir(home.path().join("mnt")).unwrap();
    fs::write(home.path().join("mnt/x"), "").unwrap();
    home
}

fn path_of(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// Packs the source, and returns the members below it as well.
fn pack(source: &Path, one_file_system: bool, disk: &dyn Disk) -> (PackReport, BTreeSet<String>) {
    let selection = Selection { one_file_system, ..Selection::default() };
    let (request, mut bytes) = (PackRequest::selected(source, &selection), Vec::new());
    let report = TarArchiver::default().pack_from(disk, &request, &mut bytes, &SilentProgress).unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    let path = |entry: io::Result<tar::Entry<'_, _>>| {
        let path = String::from_utf8(entry.unwrap().path_bytes().into_owned()).unwrap();
        path.split_once('/').unwrap().1.to_owned()
    };
    let members = archive.entries().unwrap().skip(1).map(path).collect();
    (report, members)
}

/// A disk on which the metadata of `mnt` can't be read and `mnt` is on another file system.
fn closed(errno: Errno) -> FaultyDisk<'static> {
    let disk = FaultyDisk::new(move |call, name| match call {
        Call::Stat if name == c"mnt" => Err(errno.into()),
        _ => Ok(()),
    });
    disk.misreporting(|name, meta| {
        if name == c"mnt" {
            (meta.kind, meta.mount) = (FileType::Unknown, Some(u64::MAX));
        }
    })
}

#[test]
fn an_excluded_mount_without_metadata_is_an_empty_folder() {
    let home = source();
    if System.stat(rustix::fs::CWD, c"/").unwrap().mount.is_none() {
        return backup_core::testing::skipped("before Linux 5.8, mounts have no numbers to see");
    }
    for errno in [Errno::ACCESS, Errno::NOTCONN, Errno::STALE, Errno::IO, Errno::HOSTDOWN] {
        let (report, members) = pack(home.path(), true, &closed(errno));
        assert_eq!(members, ["a", "mnt/"].map(str::to_owned).into(), "{errno:?}");
        assert_eq!((report.excluded_entries, report.grade()), (1, Grade::Complete), "{errno:?}");
        let (report, members) = pack(home.path(), false, &closed(errno));
        assert_eq!(members, ["a".to_owned()].into(), "{errno:?}");
        assert_eq!((report.unreadable_entries, report.grade()), (1, Grade::Incomplete), "{errno:?}");
    }
}

#[test]
fn an_entry_without_metadata_that_is_no_mount_is_unreadable() {
    let home = source();
    let disk = FaultyDisk::new(|call, name| match call {
        Call::Stat if name == c"mnt" => Err(Errno::ACCESS.into()),
        _ => Ok(()),
    });
    let (report, _) = pack(home.path(), true, &disk);
    assert_eq!((report.unreadable_entries, report.excluded_entries), (1, 0));
}

/// A network disk without a server would never answer.
#[test]
fn sends_no_request_to_the_disk_of_an_excluded_mount() {
    let home = source();
    let home = home.path().canonicalize().unwrap();
    let mount = |arguments: &[&str]| {
        let mut mount = Command::new("mount");
        mount.args(arguments).arg(home.join("mnt")).output().is_ok_and(|run| run.status.success())
    };
    if !mount(&["-t", "tmpfs", "none"]) {
        return backup_core::testing::skipped("only root can mount a file system");
    }
    let mut asked = Vec::new();
    let disk = FaultyDisk::new(|call, name| {
        if name == c"mnt" {
            asked.push(call);
        }
        Ok(())
    });
    let (_, members) = pack(&home, true, &disk);
    drop(disk);
    let seen = System.glimpse(rustix::fs::CWD, &path_of(&home.join("mnt"))).unwrap();
    let _ = Command::new("umount").arg(home.join("mnt")).status();
    assert_eq!(members, ["a", "mnt/"].map(str::to_owned).into());
    assert_eq!(asked, [Call::Glimpse]);
    assert_ne!(seen.modified.seconds, 0, "a mount that may be looked at tells all that it is");
}
