//! The sum of an archive, as it stands in a line.

use crate::model::history::archive_sum::ArchiveSum;
use crate::text::hex;
use crate::time::rfc3339;
use serde::{Deserialize, Serialize};

use super::fields::{key, moment, unhex};

#[derive(Serialize, Deserialize)]
pub(super) struct Sum {
    entry: String,
    planned: Option<String>,
    began: String,
    archive: String,
    at: String,
    sha256: String,
}

impl From<&ArchiveSum> for Sum {
    fn from(sum: &ArchiveSum) -> Self {
        Self {
            entry: sum.key.entry.clone(),
            planned: sum.key.planned.map(rfc3339),
            began: rfc3339(sum.began),
            archive: sum.archive.clone(),
            at: rfc3339(sum.at),
            sha256: hex(&sum.sha256),
        }
    }
}

impl Sum {
    pub(super) fn into_sum(self) -> Option<ArchiveSum> {
        Some(ArchiveSum {
            key: key(self.entry, self.planned)?,
            began: moment(&self.began)?,
            archive: self.archive,
            at: moment(&self.at)?,
            sha256: unhex(&self.sha256)?,
        })
    }
}
