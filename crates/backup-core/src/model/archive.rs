//! Archives: their names, their contents, how they are stored, and what they leave out.

mod archive_id;
mod archive_name;
mod backup_name;
mod checksum_list;
mod damaged_members;
mod entry;
mod file_ending;
mod format;
mod pack_report;
mod packing;
mod record;
mod sample;
mod selection;
mod source_profile;
mod suggestion;
mod timestamp;
mod view_report;

pub use archive_id::ArchiveId;
pub use archive_name::{ArchiveName, display_path};
pub use backup_name::{BackupName, NameError};
pub(crate) use checksum_list::{checksum_line, parse_checksum_list};
pub use damaged_members::{DamagedMembers, MemberCheck};
pub use entry::{ArchivedEntry, EntryKind, shown};
pub use file_ending::{FileEnding, FileEndingError};
pub use format::{Compression, Grade};
pub use pack_report::{CheckReport, Finding, FindingKind, PackReport};
pub use packing::Packing;
pub use record::{ArchiveDigest, BackupRecord, SealedArchive, by_name, newest_older};
pub use sample::looks_incompressible;
pub(crate) use selection::EVERYTHING;
pub use selection::{PatternError, Selection};
pub use source_profile::{FileChange, SourceProfile};
pub use suggestion::Suggestion;
pub use timestamp::ArchiveTimestamp;
pub use view_report::ViewReport;
