//! What a pack finds wrong with an entry.

use std::io;

use backup_core::model::archive::{Finding, FindingKind};
use backup_core::model::error::PortError;

use super::packer::Packer;
use crate::error::port_error;

impl Packer<'_> {
    /// Adds a finding about the current entry.
    pub(super) fn note(&mut self, kind: FindingKind) {
        self.is_certain = false;
        self.catalog.doubt();
        let finding = Finding { path: self.path.below_source().to_owned(), kind };
        self.progress.found(&finding);
        self.report.add(finding.path, finding.kind);
    }

    /// Skips the current entry with a finding.
    ///
    /// # Errors
    /// The current entry is the source, or the pack was cancelled.
    pub(super) fn skip(&mut self, error: io::Error) -> Result<(), PortError> {
        // The error may be a consequence of the cancellation.
        self.check_cancelled()?;
        if self.path.is_source() {
            return Err(port_error(format!("read {}", self.shown), error));
        }
        let kind = match error.kind() {
            io::ErrorKind::NotFound => FindingKind::Vanished,
            _ => FindingKind::Unreadable(error.to_string()),
        };
        self.note(kind);
        Ok(())
    }
}
