//! Disks that tell wrong sizes and inode numbers, as procfs and FUSE servers do.

use std::fs;
use std::io::Read;
use std::path::Path;

use backup_core::model::archive::{FindingKind, PackReport};
use backup_core::ports::{PackRequest, SilentProgress};
use rustix::fs::CWD;
use tar::EntryType;

use super::*;
use crate::tar_archiver::TarArchiver;

/// A member: what it is, and its contents or the name that it is a link to.
type Stored = (EntryType, Vec<u8>);

fn pack(source: &Path, disk: &FaultyDisk<'_>) -> (PackReport, Vec<Stored>) {
    let mut bytes = Vec::new();
    let archiver = TarArchiver::default();
    let report = archiver.pack_from(disk, &PackRequest::all_of(source), &mut bytes, &SilentProgress).unwrap();
    let mut archive = tar::Archive::new(&bytes[..]);
    let stored = archive.entries().unwrap().skip(1).map(|entry| {
        let mut entry = entry.unwrap();
        let mut contents = entry.link_name_bytes().map(Into::into).unwrap_or_default();
        entry.read_to_end(&mut contents).unwrap();
        (entry.header().entry_type(), contents)
    });
    let stored = stored.collect();
    (report, stored)
}

/// Contents of which no part is like another.
fn contents(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at ^ (at >> 8) ^ (at >> 16)).to_le_bytes()[0]).collect()
}

#[test]
fn whatever_size_a_file_tells_all_of_it_is_stored() {
    const MIB: usize = 1024 * 1024;
    let home = tempfile::tempdir().unwrap();
    for real in [0, 1, 5, 3_000, MIB - 1, MIB, MIB + 1, 3 * MIB] {
        let expected = contents(real);
        fs::write(home.path().join("victim"), &expected).unwrap();
        for told in [0, 1, real.saturating_sub(1), real, real + 1, 4096, MIB, 2 * MIB, 9 * MIB] {
            // Nothing of it is on the disk: a sparse file, if one believes it.
            let lie = |name: &CStr, meta: &mut Meta| {
                if name == c"victim" {
                    (meta.size_bytes, meta.allocated_bytes) = (told as u64, 0);
                }
            };
            let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).lying(lie));
            assert_eq!(report.findings, [], "{real} bytes, told {told}");
            assert!(stored == [(EntryType::Regular, expected.clone())], "{real} bytes, told {told}");
            assert_eq!(report.content_bytes, real as u64);
        }
    }
}

/// As settings of the kernel in /proc/sys do.
#[test]
fn what_is_given_in_one_read_or_never_is_asked_for_at_once() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("at-once"), "32768\n").unwrap();
    let lie = |name: &CStr, meta: &mut Meta| {
        if name == AT_ONCE {
            meta.size_bytes = 0;
        }
    };
    let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).lying(lie));
    assert_eq!(report.findings, []);
    assert_eq!(stored, [(EntryType::Regular, b"32768\n".to_vec())]);
}

#[test]
fn contents_that_are_different_each_time_are_torn() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("victim");
    fs::write(&path, "0").unwrap();
    let mut turn = 0;
    let disk = FaultyDisk::new(|call, name| {
        if call == Call::StatOpen && name == c"victim" {
            turn += 1;
            fs::write(&path, format!("{turn:03}"))?;
        }
        Ok(())
    });
    let (report, stored) = pack(home.path(), &disk.lying(|_, meta| *meta = unchanging(meta)));
    assert_eq!(report.findings[0].kind, FindingKind::Torn);
    assert_eq!(stored[0].1.len(), 3, "one of the states, and all of it");
}

/// A file that tells neither its size nor that it changes.
fn unchanging(meta: &Meta) -> Meta {
    let never = crate::posix::stat::Instant { seconds: 0, nanos: 0 };
    Meta { size_bytes: 0, modified: never, changed: never, ..meta.clone() }
}

#[test]
fn of_a_file_without_an_end_as_much_is_stored_as_it_tells_and_the_backup_is_incomplete() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("endless"), "").unwrap();
    for told in [0, 9, 2_000_000] {
        let lie = |name: &CStr, meta: &mut Meta| {
            if name == ENDLESS {
                meta.size_bytes = told;
            }
        };
        let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).lying(lie));
        let reason = format!("it reports {told} bytes, but holds a different number");
        assert_eq!(report.findings[0].kind, FindingKind::Unreadable(reason));
        assert_eq!((report.unreadable_entries, stored[0].1.len() as u64), (1, told));
    }
}

#[test]
fn two_files_with_one_inode_number_both_keep_their_contents() {
    let home = tempfile::tempdir().unwrap();
    for (one, other) in [
        (contents(5), contents(6)),
        (b"hello".to_vec(), b"world".to_vec()),
        (contents(2_000_000), contents(3_000_000)),
        (vec![1; 2_000_000], [vec![1; 1_999_999], vec![2]].concat()),
        // The larger one isn't even looked into for a size like that of the other.
        (contents(100), contents(2_000_000)),
    ] {
        for (name, bytes) in [("a", &one), ("b", &other), ("c", &one)] {
            fs::write(home.path().join(name), bytes).unwrap();
        }
        let first = System.stat_by_path(&home.path().join("a"));
        let disk = FaultyDisk::new(|_, _| Ok(())).lying(|_, meta| {
            if meta.kind == FileType::RegularFile {
                let size_bytes = meta.size_bytes;
                *meta = Meta { link_count: 2, size_bytes, ..first.clone() };
            }
        });
        let (report, stored) = pack(home.path(), &disk);
        assert_eq!(report.findings, []);
        let expected = [&one, &other, &one].map(|bytes| (EntryType::Regular, bytes.clone()));
        assert!(stored == expected, "{} and {} bytes", one.len(), other.len());
    }
}

#[test]
fn a_hard_link_on_such_a_disk_is_stored_as_one() {
    let home = tempfile::tempdir().unwrap();
    for bytes in [0, 5, 2_000_000] {
        fs::write(home.path().join("a"), contents(bytes)).unwrap();
        let _ = fs::remove_file(home.path().join("b"));
        fs::hard_link(home.path().join("a"), home.path().join("b")).unwrap();
        let (report, stored) = pack(home.path(), &FaultyDisk::new(|_, _| Ok(())).lying(|_, _| ()));
        assert_eq!(report.findings, []);
        let member = [home.path().file_name().unwrap().as_bytes(), b"/a"].concat();
        assert!(stored == [(EntryType::Regular, contents(bytes)), (EntryType::Link, member)], "{bytes}");
    }
}

/// A number may be given anew, to another file, while a backup is made.
#[test]
fn a_file_that_got_the_number_of_one_that_was_removed_keeps_its_contents() {
    let home = tempfile::tempdir().unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| home.path().join(name));
    fs::write(&a, "old").unwrap();
    fs::hard_link(&a, &c).unwrap();
    let disk = FaultyDisk::new(|call, name| {
        if call == Call::Stat && name == c"b" {
            // Written in place, as nobody can choose an inode number: to the archiver it is the same.
            fs::write(&b, "new file")?;
        }
        Ok(())
    });
    fs::hard_link(&a, &b).unwrap();
    let (report, stored) = pack(home.path(), &disk);
    assert_eq!(report.findings, []);
    assert_eq!(stored[1], (EntryType::Regular, b"new file".to_vec()));
}

impl System {
    fn stat_by_path(self, path: &Path) -> Meta {
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        self.stat(CWD, &path).unwrap()
    }
}
