//! A pack of a made-up source.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::faults::from_io_error;
use super::memory_format::{END, PIECE_BYTES};
use crate::model::archive::{FileChange, Finding, FindingKind, PackReport, Selection, SourceProfile};
use crate::model::error::{Failure, PortError};
use crate::ports::Progress;

/// What has happened to files since an earlier pack.
pub(super) struct Changes<'a> {
    /// Whether there was an earlier pack.
    pub(super) are_known: bool,
    /// What has happened to a file.
    pub(super) of: &'a dyn Fn(&Path) -> FileChange,
}

/// A pack under way.
pub(super) struct Pack<'a> {
    pub(super) path: &'a Path,
    pub(super) selection: &'a Selection,
    pub(super) out: &'a mut dyn Write,
    pub(super) progress: &'a dyn Progress,
}

impl Pack<'_> {
    pub(super) fn run(
        mut self,
        files: &[(PathBuf, Vec<u8>)],
        findings: &[(PathBuf, FindingKind)],
        changes: &Changes<'_>,
    ) -> Result<PackReport, PortError> {
        let mut report = PackReport { entries: 1, ..PackReport::default() };
        let mut profile = SourceProfile::begin(changes.are_known);
        self.look()?;
        for (path, contents) in files {
            if self.leaves_out(path) {
                self.find(path, &FindingKind::Excluded, &mut report);
                continue;
            }
            self.file(path, contents)?;
            report.entries += 1;
            report.content_bytes += counted(contents.len());
            profile.add(counted(contents.len()), (changes.of)(path), contents);
        }
        report.profile = Some(profile);
        self.write(END)?;
        for (path, kind) in findings {
            if !self.leaves_out(path) {
                self.find(path, kind, &mut report);
            }
        }
        Ok(report)
    }

    fn leaves_out(&self, path: &Path) -> bool {
        self.selection.exclude.iter().any(|excluded| path.starts_with(excluded))
    }

    fn find(&self, path: &Path, kind: &FindingKind, report: &mut PackReport) {
        let finding = Finding { path: path.to_owned(), kind: kind.clone() };
        self.progress.found(&finding);
        report.add(finding.path, finding.kind);
    }

    pub(super) fn file(&mut self, path: &Path, contents: &[u8]) -> Result<(), PortError> {
        self.look()?;
        self.write(head(path, contents).as_bytes())?;
        for piece in contents.chunks(PIECE_BYTES) {
            self.look()?;
            self.write(piece)?;
            self.progress.advanced(path, counted(piece.len()));
        }
        Ok(())
    }

    fn look(&self) -> Result<(), PortError> {
        if self.progress.is_cancelled() {
            return Err(PortError::new(Failure::Interrupted, action(self.path)));
        }
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.out.write_all(bytes).map_err(|error| from_io_error(&action(self.path), error))
    }
}

pub(super) fn action(path: &Path) -> String {
    format!("pack {}", path.display())
}

pub(super) fn counted(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a length in memory fits 64 bits")
}

/// Returns the line before the contents of a file.
pub(super) fn head(path: &Path, contents: &[u8]) -> String {
    format!("{} {}\n", path.display(), contents.len())
}
