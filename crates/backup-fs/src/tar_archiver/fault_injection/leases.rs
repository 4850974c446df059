//! Tests with files under another program's lease.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use backup_core::model::archive::PackReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{PackRequest, Progress, SilentProgress};
use rustix::io::Errno;

use super::*;
use crate::tar_archiver::TarArchiver;

/// Creates a folder with that many files: `0`, `1`, ...
fn source(files: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for at in 0..files {
        fs::write(home.path().join(at.to_string()), "leased").unwrap();
    }
    home
}

fn pack(source: &Path, disk: &FaultyDisk<'_>, progress: &dyn Progress) -> Result<PackReport, PortError> {
    TarArchiver::default().pack_from(disk, &PackRequest::all_of(source), &mut io::sink(), progress)
}

/// Returns a disk on which the first `attempts` attempts to open a file fail because of a lease.
fn held(attempts: usize) -> FaultyDisk<'static> {
    let mut tries = std::collections::HashMap::new();
    FaultyDisk::new(move |call, name| {
        if call != Call::Open || name.to_bytes().len() > 2 {
            return Ok(());
        }
        let tries: &mut usize = tries.entry(name.to_owned()).or_default();
        *tries += 1;
        if *tries > attempts { Ok(()) } else { Err(Errno::AGAIN.into()) }
    })
}

#[test]
fn stores_a_file_whose_lease_ends_soon() {
    let (home, disk) = (source(99), held(20));
    let report = pack(home.path(), &disk, &SilentProgress).unwrap();
    assert_eq!((report.findings, report.content_bytes), (vec![], 99 * 6));
    let waited = disk.waited.into_inner().unwrap();
    assert!(waited > Duration::from_secs(30), "each has its time: {waited:?}");
}

#[test]
fn reports_files_whose_lease_never_ends_and_finishes_the_backup() {
    let (home, disk) = (source(99), held(usize::MAX));
    let report = pack(home.path(), &disk, &SilentProgress).unwrap();
    assert_eq!((report.unreadable_entries, report.entries), (99, 1));
    assert_eq!(
        report.findings[0].to_string(),
        "can't read 0: another program holds it under a lease and does not give it back"
    );
    assert_eq!(disk.waited.into_inner().unwrap(), Duration::from_secs(30));
}

#[test]
fn a_cancel_ends_the_wait() {
    struct CancelledOnceHeld<'a>(&'a AtomicBool);
    impl Progress for CancelledOnceHeld<'_> {
        fn advanced(&self, _: &Path, _: u64) {}
        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }
    let is_leased = AtomicBool::new(false);
    // The source itself or a file in it.
    for below in ["", "0"] {
        is_leased.store(false, Ordering::Relaxed);
        let home = source(1);
        let disk = FaultyDisk::new(|call, name| {
            if call == Call::Open && name == c"0" {
                is_leased.store(true, Ordering::Relaxed);
                return Err(Errno::AGAIN.into());
            }
            Ok(())
        });
        let error = pack(&home.path().join(below), &disk, &CancelledOnceHeld(&is_leased)).unwrap_err();
        assert_eq!(error.failure, Failure::Interrupted);
        assert_eq!(disk.waited.into_inner().unwrap(), Duration::ZERO);
    }
}
