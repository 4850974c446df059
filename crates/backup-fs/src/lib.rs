//! The adapters of Backup Manager: the ports of the core on files, tar, the system clock and processes.

mod adapters;
mod age;
mod buffer;
mod catalog;
mod clock;
mod error;
mod file;
mod home;
mod pattern;
mod posix;
mod process;
mod store;
mod tar_archiver;
mod tar_driller;
mod tar_reader;
mod tar_restorer;
mod tar_viewer;
mod zstd;

pub use adapters::{Adapters, Log};
pub use age::identities::{AskPassphrase, Identities};
pub use clock::system_clock::SystemClock;
pub use home::config_file::ConfigFile;
pub use home::history_file::HistoryFile;
pub use home::layout::Home;
pub use home::log_file::LogFile;
pub use home::names::NAMES;
pub use home::notice_file::NoticeFile;
pub use home::schedule_file::ScheduleFile;
pub use posix::sparse::{Segment, SparseMap};
pub use posix::xattrs::Attribute;
pub use process::background::{detach, leave_terminal, redirect_output_to_null};
pub use process::cancel::CancelFlag;
pub use process::command_runner::SystemCommands;
pub use process::first_process::wait_for_managers;
pub use process::priority::lower_priority;
pub use process::readiness::Readiness;
pub use process::service_lock::ServiceLock;
pub use process::service_process::ServiceProcess;
pub use process::signals::{Request, Signals, on_request_to_end, survive_file_size_limit};
pub use process::stderr_log::StderrLog;
pub use process::supervisor::Supervisor;
pub use process::thread_jobs::{Perform, PerformDrill, PerformRefresh, PerformVerify};
pub use process::thread_runner::{RunnerState, ThreadRunner};
pub use store::backup_dir::BackupDir;
pub use store::foreign_dir::ForeignDir;
pub use store::output_file::OutputFile;
pub use store::text_file::{Readers, TextFile};
pub use tar_archiver::{TarArchiver, Throttle};
pub use tar_driller::TarDriller;
pub use tar_reader::{
    ArchiveDamage, Bookmark, Contents, Fault, MAX_EXTENSION_BYTES, MAX_NAME_BYTES, MAX_SEGMENTS, Member,
    MemberKind, Place, ReadError, ReadFailure, TarReader, Timestamp, check_archive,
};
pub use tar_restorer::TarRestorer;
pub use tar_viewer::TarViewer;
pub use zstd::zstd_reader::ZstdReader;
pub use zstd::zstd_writer::ZstdWriter;
