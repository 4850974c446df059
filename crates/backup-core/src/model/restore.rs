//! Restores: the request, the paths that are refused, what happens to existing files, and the report.

mod conflict;
mod finding;
mod lost_entry;
mod member_path;
mod report;
mod request;
mod reserved_paths;

pub use conflict::{IfExists, InPlace, Step, step};
pub(crate) use finding::keep_finding;
pub use finding::{Holder, Refusal, RestoreFinding, RestoreFindingKind};
pub use lost_entry::{EntryDigest, LostEntry, SoundCopy};
pub use member_path::{MAX_COMPONENTS, components, is_current_folder};
pub use report::{RestorePreview, RestoreReport};
pub use request::{Links, RestoreJob, RestoreTarget, restored_name};
pub use reserved_paths::{RESERVED_FOLDERS, ReservedPath, is_reserved, is_reserved_file};
