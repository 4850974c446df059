//! The adapters of Backup Manager: files, tar, the system clock, processes.

mod adapters;
mod background;
mod buffer;
mod cancel;
mod clock;
mod error;
mod file;
mod home;
mod orphans;
mod posix;
mod readiness;
mod service_lock;
mod service_process;
mod signals;
mod store;
mod tar_archiver;
mod tar_driller;
mod tar_reader;
mod tar_restorer;
mod thread_crew;
mod zstd;

pub use adapters::{Adapters, Log};
pub use background::{detach, fall_silent, leave_terminal};
pub use cancel::CancelFlag;
pub use clock::system_clock::SystemClock;
pub use home::history_file::HistoryFile;
pub use home::layout::Home;
pub use home::log_file::LogFile;
pub use home::schedule_file::ScheduleFile;
pub use readiness::Readiness;
pub use service_lock::ServiceLock;
pub use service_process::ServiceProcess;
pub use signals::{Request, Signals, cancel_on_signal, survive_file_size_limit};
pub use store::backup_dir::BackupDir;
pub use store::output_file::OutputFile;
pub use tar_archiver::TarArchiver;
pub use tar_driller::TarDriller;
pub use tar_reader::{
    ArchiveDamage, Attribute, Bookmark, Contents, Fault, MAX_EXTENSION_BYTES, MAX_NAME_BYTES, MAX_SEGMENTS,
    Member, MemberKind, Place, ReadError, ReadFailure, Segment, SparseMap, TarReader, Timestamp,
    check_archive, check_archive_against,
};
pub use tar_restorer::{TarRestorer, TarViewer};
pub use thread_crew::{CrewRoom, Perform, PerformDrill, ThreadCrew};
