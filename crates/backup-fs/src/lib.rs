//! The adapters of Backup Manager: files, tar, the system clock, processes.

mod adapters;
mod archive_digest;
mod archive_draft;
mod archive_inspect;
mod background;
mod backup_dir;
mod belt;
mod block;
mod cancel;
mod dir_stack;
mod durable;
mod failure;
mod file_lock;
mod folder;
mod history_file;
mod home;
mod lines;
mod log_file;
mod orphans;
mod output_file;
mod posix;
mod readiness;
mod schedule_file;
mod scratch;
mod service_lock;
mod service_process;
mod signals;
mod system_clock;
mod tar_archiver;
mod tar_driller;
mod tar_reader;
mod tar_restorer;
mod thread_crew;
mod whole_lines;
mod zone;
mod zstd;

pub use adapters::{Adapters, Log};
pub use background::{detach, fall_silent, leave_terminal};
pub use backup_dir::BackupDir;
pub use cancel::CancelFlag;
pub use history_file::HistoryFile;
pub use home::{Home, NAMES};
pub use log_file::LogFile;
pub use output_file::OutputFile;
pub use readiness::Readiness;
pub use schedule_file::ScheduleFile;
pub use service_lock::ServiceLock;
pub use service_process::ServiceProcess;
pub use signals::{Request, Signals, cancel_on_signal, survive_file_size_limit};
pub use system_clock::SystemClock;
pub use tar_archiver::TarArchiver;
pub use tar_driller::TarDriller;
pub use tar_reader::{
    ArchiveDamage, Attribute, Bookmark, Contents, Fault, MAX_EXTENSION_BYTES, MAX_NAME_BYTES, MAX_SEGMENTS,
    Member, MemberKind, Place, ReadError, ReadFailure, Segment, SparseMap, TarReader, Timestamp,
    check_archive, check_archive_against,
};
pub use tar_restorer::{TarRestorer, TarViewer};
pub use thread_crew::{CrewRoom, Perform, PerformDrill, ThreadCrew};
