//! The catalog that a finished archive gets afterwards.

use std::io::Write;

use crate::model::error::PortError;
use crate::model::history::RunRecord;

/// The catalog of a finished archive that is being written. [`BackupStore::draft_catalog`](super::BackupStore::draft_catalog)
/// begins one.
///
/// If it is dropped without [`publish`](Self::publish), nothing remains of it, and the catalog that the archive had stays.
pub trait CatalogDraft: Write {
    /// Gives it to the archive, durably, in place of the one that the archive had. `run` is the run that made the archive, if
    /// that is known: [`BackupStore::described`](super::BackupStore::described) returns it then.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): the archive was removed or replaced meanwhile.
    /// - Any failure to make it durable. The catalog that the archive had stays.
    fn publish(self: Box<Self>, run: Option<&RunRecord>) -> Result<(), PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn CatalogDraft> = None;
