//! Tests with the reading and the writing thread: neither blocks forever or runs far ahead.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use backup_core::model::archive::{PackReport, Selection};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{PackRequest, PackTarget, Progress, SilentProgress};
use rustix::io::Errno;

use super::*;
use crate::tar_archiver::TarArchiver;
use crate::tar_archiver::walk::READ_AHEAD_BYTES;

/// A writer that fails at its second block, when several more have been read.
struct FullSoon(usize);

impl PackTarget for FullSoon {}

impl Write for FullSoon {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0 > 1 { Err(Errno::NOSPC.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Creates a folder of 40 MB in four files.
fn large_source() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::write(home.path().join(name), vec![1; 10_000_000]).unwrap();
    }
    home
}

fn pack_large(disk: &dyn Disk, source: &Path, out: &mut dyn PackTarget) -> Result<PackReport, PortError> {
    let selection = Selection::default();
    let request = PackRequest::selected(source, &selection);
    TarArchiver::default().pack_from(disk, &request, out, &SilentProgress)
}

#[test]
fn a_full_disk_ends_the_reading_too() {
    let source = large_source();
    let mut out = FullSoon(0);
    let error = pack_large(&System, source.path(), &mut out).unwrap_err();
    assert_eq!((error.failure, out.0), (Failure::Full, 2), "nothing follows the failure");
}

#[test]
fn a_panic_while_reading_is_passed_on() {
    let source = large_source();
    let disk = FaultyDisk::new(|call, name| {
        assert!(call != Call::Read || name != c"d", "as wanted");
        Ok(())
    });
    let pack = AssertUnwindSafe(|| pack_large(&disk, source.path(), &mut io::sink()));
    let panic = catch_unwind(pack).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as wanted"));
}

#[test]
fn a_panic_while_writing_ends_the_reading_too() {
    struct Panicking;
    impl PackTarget for Panicking {}

    impl Write for Panicking {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("as wanted")
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let source = large_source();
    let pack = AssertUnwindSafe(|| pack_large(&System, source.path(), &mut Panicking));
    assert!(catch_unwind(pack).is_err());
}

/// While nothing is written, reading must stop at the limit.
#[test]
fn reading_stays_within_its_limit_ahead_of_writing() {
    struct Slow<'a> {
        read_bytes: &'a AtomicU64,
        written_bytes: u64,
        most_ahead: u64,
    }
    impl PackTarget for Slow<'_> {}

    impl Write for Slow<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            for _ in 0..50 {
                std::thread::yield_now();
            }
            let read = self.read_bytes.load(Ordering::Relaxed);
            self.most_ahead = self.most_ahead.max(read.saturating_sub(self.written_bytes));
            self.written_bytes += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    struct Reading<'a>(&'a AtomicU64);
    impl Progress for Reading<'_> {
        fn advanced(&self, _: &Path, content_bytes: u64) {
            self.0.fetch_add(content_bytes, Ordering::Relaxed);
        }
        fn is_cancelled(&self) -> bool {
            false
        }
    }
    let source = large_source();
    let read_bytes = AtomicU64::new(0);
    let mut out = Slow { read_bytes: &read_bytes, written_bytes: 0, most_ahead: 0 };
    let selection = Selection::default();
    let request = PackRequest::selected(source.path(), &selection);
    TarArchiver::default().pack_from(&System, &request, &mut out, &Reading(&read_bytes)).unwrap();
    assert!((1..=READ_AHEAD_BYTES as u64).contains(&out.most_ahead), "{} bytes ahead", out.most_ahead);
    assert_eq!(read_bytes.into_inner(), 40_000_000);
}
