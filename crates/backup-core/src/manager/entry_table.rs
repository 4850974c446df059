//! Entry table: the entries of an archive that doesn't have them in the order of a walk.

use std::collections::HashMap;
use std::vec;

use crate::model::archive::{ArchivedEntry, EntryKind, ViewReport};
use crate::model::error::{Failure, PortError};
use crate::model::restore::RestoreFindingKind;
use crate::policy::difference::archive_order;
use crate::ports::EntryReader;

/// An entry, and the digest of its contents if it is a file and can be read.
type Row = (ArchivedEntry, Option<[u8; 32]>);

/// Reads an archive in any order, such as one of another tool, and returns its entries in the order of a walk.
///
/// It holds all entries in memory, and has read the contents of all files. Of several entries with one path, the last one
/// counts.
pub(super) struct EntryTable {
    rows: vec::IntoIter<Row>,
    digest: Option<[u8; 32]>,
    report: ViewReport,
}

impl EntryTable {
    /// Reads the whole archive.
    ///
    /// # Errors
    /// As the reader fails, apart from contents that are damaged: these are in the report.
    pub(super) fn read(mut reader: Box<dyn EntryReader + '_>) -> Result<Self, PortError> {
        let (mut rows, mut damaged) = (HashMap::new(), Vec::new());
        while let Some(entry) = reader.next_entry()? {
            let digest = if entry.kind == EntryKind::File { Some(reader.digest()) } else { None };
            let digest = match digest.transpose() {
                Err(error) if error.failure == Failure::Damaged => {
                    damaged.push((entry.path.clone(), error));
                    None
                }
                digest => digest?,
            };
            rows.insert(entry.path.clone(), (entry, digest));
        }
        let mut rows: Vec<Row> = rows.into_values().collect();
        rows.sort_unstable_by(|(one, _), (other, _)| archive_order(&one.path, &other.path));
        let mut report = reader.report();
        damaged.into_iter().for_each(|(path, error)| add_unread(&mut report, &path, &error));
        Ok(Self { rows: rows.into_iter(), digest: None, report })
    }
}

/// Adds to a report that the contents of a file can't be read.
pub(super) fn add_unread(report: &mut ViewReport, path: &[u8], error: &PortError) {
    let reason = error.source.as_ref().map_or_else(|| error.action.clone(), ToString::to_string);
    let path = String::from_utf8_lossy(path).into_owned();
    report.add(path.into(), RestoreFindingKind::Failed(reason));
}

impl EntryReader for EntryTable {
    fn next_entry(&mut self) -> Result<Option<ArchivedEntry>, PortError> {
        let (entry, digest) = self.rows.next().unzip();
        self.digest = digest.flatten();
        Ok(entry)
    }

    /// What can't be read is in the report already, and counts as something that differs from everything else.
    fn digest(&mut self) -> Result<[u8; 32], PortError> {
        Ok(self.digest.unwrap_or_default())
    }

    fn report(&mut self) -> ViewReport {
        std::mem::take(&mut self.report)
    }
}
