//! What became of the catalog of one archive.

use backup_core::manager::CatalogState;
use backup_core::model::error::PortError;
use backup_core::text::printable;

use super::entries;

/// Returns the line of an archive.
pub(crate) fn catalog(file_name: &str, state: &CatalogState) -> String {
    match state {
        CatalogState::Made { entries: count } => format!("{file_name}  catalog made: {}", entries(*count)),
        CatalogState::Present => format!("{file_name}  has a catalog"),
        CatalogState::NotMade(error) => format!("{file_name}  NO CATALOG: {}", why_no_catalog(error)),
    }
}

/// Returns why a catalog could not be made.
pub(super) fn why_no_catalog(error: &PortError) -> String {
    error.source.as_ref().map_or_else(|| error.to_string(), |cause| printable(cause.to_string().as_bytes()))
}
