//! Refresh job: files that show how the backups are, to be written anew.

use std::path::PathBuf;

use crate::model::error::PortError;

/// Which files to write anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RefreshJob {
    /// The file of the metrics, if there is one. A relative path is relative to the home.
    pub metrics_file: Option<PathBuf>,
    /// The file of the report, if there is one. A relative path is relative to the home.
    pub report_file: Option<PathBuf>,
    /// Whether the service is about to stop. The files then say that no service runs.
    pub is_last: bool,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefreshResult {
    /// Why the metrics could not be written, if that is so.
    pub metrics: Option<PortError>,
    /// Why the report could not be written, if that is so.
    pub report: Option<PortError>,
}
