//! Dry run: shows what a run would pack and leave out, as the walk finds it.

use std::path::Path;
use std::sync::Arc;

use backup_core::model::archive::Finding;
use backup_core::ports::Progress;
use backup_fs::CancelFlag;

use crate::output::print;
use crate::render;

/// How a dry run shows entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// What would be packed too, not only what would not.
    pub(crate) packed: bool,
    /// As JSON.
    pub(crate) json: bool,
}

/// Shows each entry when it is found, and never cancels on its own.
pub(crate) struct DryRun {
    pub(crate) shown: Shown,
    pub(crate) cancel: Arc<CancelFlag>,
}

impl Progress for DryRun {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn found(&self, finding: &Finding) {
        print([if self.shown.json { render::json_found(finding) } else { finding.to_string() }]);
    }

    fn packed(&self, path: &Path, content_bytes: u64) {
        if self.shown.packed {
            let line = if self.shown.json { render::json_packed } else { render::would_pack };
            print([line(path, content_bytes)]);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}
