//! For tests of your own: fakes that are stricter than reality, and the contract suites of the ports.
//!
//! Adapters of your own are tested by the contract macros, one test for each promise of a port:
//! [`clock_contract!`](crate::clock_contract), [`schedule_store_contract!`](crate::schedule_store_contract),
//! [`run_history_contract!`](crate::run_history_contract), [`journal_contract!`](crate::journal_contract),
//! [`backup_store_contract!`](crate::backup_store_contract), [`encryption_contract!`](crate::encryption_contract), [`archiver_contract!`](crate::archiver_contract),
//! [`archive_check_contract!`](crate::archive_check_contract), [`restorer_contract!`](crate::restorer_contract),
//! [`viewer_contract!`](crate::viewer_contract),
//! [`notice_store_contract!`](crate::notice_store_contract), [`notifier_contract!`](crate::notifier_contract),
//! [`destination_contract!`](crate::destination_contract),
//! [`foreign_folder_contract!`](crate::foreign_folder_contract), [`driller_contract!`](crate::driller_contract) and
//! [`commands_contract!`](crate::commands_contract). All of them together are tested by
//! [`home_contract!`](crate::home_contract).
//!
//! No fake sleeps, reads a real clock or touches a disk, so that a year of schedules passes in milliseconds:
//! [`ManualClock`] tells the time you set, in a [`Zone`] you script; [`MemorySchedules`], [`MemoryConfig`],
//! [`MemoryBackups`], [`MemoryCommands`], [`MemoryHistory`] and [`MemoryArchiver`] stand for the disk and fail when [`Faults`] say so; [`RecordingJournal`]
//! keeps what was said; [`InstantRunner`] carries out the service's jobs and lets the time pass between them. A
//! [`MemoryHome`] is all of these, put together; [`MemoryRestorer`], [`MemoryViewer`] and [`MemoryDriller`] read what is
//! in it, and a [`MemoryFolder`] has archives of another tool. A [`MemoryDestination`] is a store away from here.
//!
//! ```
//! use backup_core::time::Clock;
//! use backup_core::model::schedule::{Schedule, TimeRule};
//! use backup_core::testing::{ManualClock, Zone, at};
//!
//! // On 29 March 2026 clocks in Berlin went from 02:00 to 03:00: what was planned between runs right after.
//! let clock = ManualClock::with_zone(at("2026-03-28 12:00"), Zone::berlin());
//! let rule: TimeRule = "02:30".parse()?;
//! assert_eq!(rule.next_after(clock.now(), &clock), Some(at("2026-03-29T03:00:00+02:00")));
//! # Ok::<(), backup_core::model::schedule::TimeError>(())
//! ```

mod archive_check_contract;
mod archiver_contract;
mod at;
mod backup_store_contract;
mod cancelled;
mod clock_contract;
mod commands_contract;
mod config_store_contract;
mod contract;
mod destination_contract;
mod driller_contract;
mod encryption_contract;
mod faults;
mod foreign_folder_contract;
mod home_contract;
mod instant_runner;
mod journal_contract;
mod later_catalog_contract;
mod locked;
mod manual_clock;
mod memory_archiver;
mod memory_backups;
mod memory_check;
mod memory_commands;
mod memory_config;
mod memory_destination;
mod memory_driller;
mod memory_folder;
mod memory_format;
mod memory_history;
mod memory_home;
mod memory_notices;
mod memory_notifier;
mod memory_pack;
mod memory_restorer;
mod memory_schedules;
mod memory_tar;
mod memory_viewer;
mod noise;
mod notice_store_contract;
mod notifier_contract;
mod pack_place;
mod promise;
mod recording_journal;
mod reopenable;
mod restorer_contract;
mod run_history_contract;
mod run_record;
mod schedule_store_contract;
mod selection_contract;
mod simulator;
mod skip;
mod staged_file_contract;
mod viewer_contract;
mod zone;

pub use archive_check_contract::{ARCHIVE_CHECK_CONTRACT, CheckPlace, Sizes};
pub use archiver_contract::ARCHIVER_CONTRACT;
pub use at::at;
pub use backup_store_contract::{BACKUP_STORE_CONTRACT, BackupPlace, LeaveDraft, ReadArchive, UnpackArchive};
pub use clock_contract::CLOCK_CONTRACT;
pub use commands_contract::{COMMANDS_CONTRACT, CommandPlace, CommandThat};
pub use config_store_contract::{CONFIG_STORE_CONTRACT, ConfigPlace};
pub use contract::Contract;
#[doc(hidden)]
pub use contract::{LONGEST_CHECK, within};
pub use destination_contract::DESTINATION_CONTRACT;
pub use driller_contract::{DRILLER_CONTRACT, DrillPlace, PutArchive, SpoilRestored};
pub use encryption_contract::{ENCRYPTION_CONTRACT, EncryptedPlace};
pub use faults::{Faults, Hiccup};
pub use foreign_folder_contract::{FOREIGN_FOLDER_CONTRACT, ForeignPlace, PutForeign};
pub use home_contract::{HOME_CONTRACT, HomePlace, ReadFile, WriteSource};
pub use instant_runner::{DrillWork, InstantRunner, RefreshWork, VerifyWork, Work};
pub use journal_contract::{JOURNAL_CONTRACT, JournalPlace, ReadLines};
pub use manual_clock::ManualClock;
pub use memory_archiver::{MemoryArchiver, MemorySource};
pub use memory_backups::MemoryBackups;
pub use memory_commands::{Act, MemoryCommands, RecordedCommand};
pub use memory_config::MemoryConfig;
pub use memory_destination::{MemoryDestination, MemoryStore};
pub use memory_driller::MemoryDriller;
pub use memory_folder::MemoryFolder;
pub use memory_history::MemoryHistory;
pub use memory_home::MemoryHome;
pub use memory_notices::MemoryNotices;
pub use memory_notifier::MemoryNotifier;
pub use memory_restorer::MemoryRestorer;
pub use memory_schedules::MemorySchedules;
pub use memory_viewer::MemoryViewer;
pub use notice_store_contract::{NOTICE_STORE_CONTRACT, NoticePlace};
pub use notifier_contract::{NOTIFIER_CONTRACT, NotifyPlace};
pub use pack_place::{Files, PackPlace, ReadFiles};
pub use recording_journal::RecordingJournal;
pub use reopenable::Reopenable;
pub use restorer_contract::{PutBeside, RESTORER_CONTRACT, ReadRestored, RestorePlace};
pub use run_history_contract::RUN_HISTORY_CONTRACT;
pub use run_record::{RunRecordBuilder, run_record};
pub use schedule_store_contract::SCHEDULE_STORE_CONTRACT;
pub use simulator::{Finding as SimulationFinding, Simulation, SimulationReport, Stores};
pub use skip::skipped;
pub use viewer_contract::{VIEWER_CONTRACT, ViewPlace};
pub use zone::Zone;
