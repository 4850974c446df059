//! What became of the catalog of one archive, as JSON.

use backup_core::manager::CatalogState;
use serde_json::{Value, json};

use crate::render::catalog::why_no_catalog;

/// Returns what became of the catalog of an archive.
pub(crate) fn catalog(file_name: &str, state: &CatalogState) -> Value {
    let (word, entries, problem) = match state {
        CatalogState::Made { entries } => ("made", Some(entries), None),
        CatalogState::Present => ("present", None, None),
        CatalogState::NotMade(error) => ("not-made", None, Some(why_no_catalog(error))),
    };
    json!({ "archive": file_name, "state": word, "entries": entries, "problem": problem })
}
