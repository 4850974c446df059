//! Tests with threads that read ahead: the archive is the same with any number of them.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use backup_core::model::archive::{PackReport, Selection};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{PackRequest, Progress, SilentProgress};

use super::*;
use crate::tar_archiver::TarArchiver;
use crate::tar_archiver::both::Both;

/// Makes folders of many shapes, with something of everything.
fn mixed_tree() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let at = |path: String| home.path().join(path);
    for number in 0..150 {
        fs::create_dir_all(at(format!("lone/{number}"))).unwrap();
        fs::write(at(format!("lone/{number}/file")), vec![b'l'; number * 37]).unwrap();
        fs::write(at(format!("flat-{number:04}")), vec![b'f'; number * 901]).unwrap();
    }
    let mut deep = at("deep".to_owned());
    for level in 0..60 {
        deep.push(format!("d{level}"));
        fs::create_dir_all(&deep).unwrap();
        for name in ["a", "e", "z"] {
            fs::write(deep.join(name), format!("{level} {name}")).unwrap();
        }
    }
    fs::create_dir(at("cache".to_owned())).unwrap();
    fs::write(at("cache/CACHEDIR.TAG".to_owned()), crate::pattern::cache_tag::CACHE_SIGNATURE).unwrap();
    fs::write(at("cache/more".to_owned()), "more").unwrap();
    fs::hard_link(at("flat-0003".to_owned()), at("lone/7/link".to_owned())).unwrap();
    symlink("file", at("lone/9/symlink".to_owned())).unwrap();
    symlink("lone", at("flat-0002-link".to_owned())).unwrap();
    let sparse = fs::File::create(at("sparse".to_owned())).unwrap();
    sparse.write_all_at(b"data", 50_000).unwrap();
    fs::write(at("large".to_owned()), vec![b'g'; 1_500_000]).unwrap();
    fs::set_permissions(at("flat-0001".to_owned()), fs::Permissions::from_mode(0o4711)).unwrap();
    let attribute = rustix::fs::XattrFlags::empty();
    // Not every file system has attributes.
    let _ = rustix::fs::setxattr(at("flat-0004".to_owned()), "user.a", b"1", attribute);
    let _ = rustix::fs::setxattr(at("lone/4".to_owned()), "user.b", b"2", attribute);
    home
}

fn pack(
    source: &Path,
    selection: &Selection,
    disk: &FaultyDisk<'_>,
    progress: &dyn Progress,
) -> Result<(PackReport, Both), PortError> {
    let (request, mut both) = (PackRequest::selected(source, selection), Both::default());
    let report = TarArchiver::default().pack_from(disk, &request, &mut both, progress)?;
    Ok((report, both))
}

#[test]
fn the_archive_and_its_catalog_are_the_same_with_any_number_of_scouts() {
    let home = mixed_tree();
    let exclude = vec!["flat-005*".to_owned(), "lone/3?/".to_owned(), "e".to_owned()];
    let selections = [
        Selection::default(),
        Selection { exclude, ..Selection::default() },
        Selection { exclude_caches: true, one_file_system: true, ..Selection::default() },
    ];
    for selection in selections {
        let packed = |scout_count| {
            let disk = FaultyDisk::new(|_, _| Ok(())).scouted_by(scout_count);
            pack(home.path(), &selection, &disk, &SilentProgress).unwrap()
        };
        let (report, both) = packed(0);
        assert!(report.entries > 300 && !both.catalog.is_empty());
        for scout_count in [1, 2, 5] {
            let (other_report, other) = packed(scout_count);
            assert_eq!(other_report, report, "{scout_count}");
            assert!(other == both, "{scout_count} scouts make another archive of {selection:?}");
        }
    }
}

#[test]
fn scouts_open_nothing_that_is_left_out_and_no_more_folders_than_they_may() {
    let home = mixed_tree();
    let exclude = vec!["flat-005*".to_owned(), "lone/3?/".to_owned()];
    let selection = Selection { exclude, ..Selection::default() };
    let mut opened = Vec::new();
    let disk = FaultyDisk::new(|call, name| {
        if call == Call::Open {
            opened.push(name.to_string_lossy().into_owned());
        }
        Ok(())
    });
    pack(home.path(), &selection, &disk.scouted_by(2), &SilentProgress).unwrap();
    assert!(opened.iter().any(|name| name == "flat-0049") && opened.iter().any(|name| name == "29"));
    let is_left_out = |name: &&String| name.starts_with("flat-005") || ["30", "39"].contains(&&***name);
    assert_eq!(opened.iter().find(is_left_out), None);
    assert!(!opened.iter().any(|name| name.contains("link") && name != "link"), "no symbolic link");
}

#[test]
fn a_panic_of_a_scout_is_passed_on() {
    let home = mixed_tree();
    let disk = FaultyDisk::new(|call, name| {
        assert!(call != Call::Open || name != c"flat-0100", "as wanted");
        Ok(())
    });
    let disk = disk.scouted_by(2);
    let pack = AssertUnwindSafe(|| pack(home.path(), &Selection::default(), &disk, &SilentProgress));
    assert!(catch_unwind(pack).is_err());
}

#[test]
fn a_cancel_ends_the_scouts_too() {
    /// Cancelled from a call on.
    struct Cancelled(AtomicUsize);
    impl Progress for Cancelled {
        fn advanced(&self, _: &Path, _: u64) {}
        fn is_cancelled(&self) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed) > 100
        }
    }
    let home = mixed_tree();
    let disk = FaultyDisk::new(|_, _| Ok(())).scouted_by(2);
    let error = pack(home.path(), &Selection::default(), &disk, &Cancelled(AtomicUsize::new(0)));
    assert_eq!(error.map(drop).unwrap_err().failure, Failure::Interrupted);
}
