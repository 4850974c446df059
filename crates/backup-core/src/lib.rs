//! The domain of Backup Manager: what is due, what is allowed, and what happened.
//!
//! This crate decides and never touches the world: no files, no threads, no clock. Whatever it needs from outside it
//! asks of a *port* ([`ports`]), a small trait that the embedding program implements, or takes ready-made from
//! `backup-fs`. What is a decision is a plain function of its arguments, the time included, and can be tested in a
//! moment:
//!
//! The rooms, from the top floor to the bottom; each imports from lower floors only:
//!
//! - `testing` (a feature): a clock set by hand, stores in memory that fail on demand, and the contract that every
//!   adapter of a port must keep.
//! - [`manager`] and [`service`]: the use cases of a person, and the loop that makes each planned run happen once.
//! - [`operation`]: procedures over ports, such as one run or one drill.
//! - [`policy`]: pure decisions, such as what is due, overdue, kept or allowed.
//! - [`ports`]: the traits through which the core touches the world.
//! - [`model`]: the vocabulary, such as schedules, archives, the history, errors and events.
//! - [`time`] and [`text`]: moments, the wall clock, and text that is safe to print.
//!
//! # A program of one's own
//!
//! With a clock, a schedule store and an archiver of its own; the backups, the history and the journal are kept in
//! memory here, and would be `backup_fs` adapters or one's own in earnest.
//!
//! ```
//! use std::io::Write;
//! use std::path::Path;
//! use std::sync::Mutex;
//!
//! use backup_core::model::archive::PackReport;
//! use backup_core::model::error::{Error, Failure, PortError};
//! use backup_core::manager::Manager;
//! use backup_core::ports::{Archiver, Clock, Edit, Moment, PackRequest, Ports, Progress, ScheduleStore, SilentProgress};
//! use backup_core::model::schedule::ScheduleBook;
//! use backup_core::testing::{MemoryBackups, MemoryHistory, RecordingJournal};
//! use backup_core::time::{Clock, Moment};
//! use chrono::{DateTime, FixedOffset, Utc};
//!
//! /// Half past nine, for ever, in UTC.
//! struct StoppedClock;
//!
//! impl Clock for StoppedClock {
//!     fn now(&self) -> Moment {
//!         DateTime::parse_from_rfc3339("2026-03-10T09:30:00Z").expect("a valid instant")
//!     }
//!
//!     fn offset_at(&self, _instant: DateTime<Utc>) -> FixedOffset {
//!         FixedOffset::east_opt(0).expect("UTC")
//!     }
//! }
//!
//! /// Keeps the schedules as a text in memory; in a database, it would be a column.
//! #[derive(Default)]
//! struct TextStore(Mutex<Vec<u8>>);
//!
//! impl ScheduleStore for TextStore {
//!     fn load(&self) -> Result<ScheduleBook, PortError> {
//!         let text = self.0.lock().map_err(|_| PortError::new(Failure::Other, "read the schedules"))?;
//!         Ok(ScheduleBook::parse(&text))
//!     }
//!
//!     fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
//!         let mut text = self.0.lock().map_err(|_| PortError::new(Failure::Other, "change the schedules"))?;
//!         let mut book = ScheduleBook::parse(&text);
//!         edit(&mut book)?;
//!         *text = book.to_bytes();
//!         Ok(())
//!     }
//! }
//!
//! /// "Archives" a source by writing down its name.
//! struct NameArchiver;
//!
//! impl Archiver for NameArchiver {
//!     fn pack(
//!         &self,
//!         request: &PackRequest<'_>,
//!         out: &mut dyn Write,
//!         _progress: &dyn Progress,
//!     ) -> Result<PackReport, PortError> {
//!         let failed = |error| PortError::new(Failure::Other, "write the archive").because(error);
//!         write!(out, "{}", request.source.display()).map_err(failed)?;
//!         Ok(PackReport { entries: 1, ..PackReport::default() })
//!     }
//! }
//!
//! let (schedules, backups) = (TextStore::default(), MemoryBackups::new(StoppedClock));
//! let (history, journal) = (MemoryHistory::new(), RecordingJournal::new());
//! let ports = Ports {
//!     clock: &StoppedClock,
//!     schedules: &schedules,
//!     archiver: &NameArchiver,
//!     backups: &backups,
//!     history: &history,
//!     journal: &journal,
//!     home: Path::new("/srv"),
//! };
//!
//! let manager = Manager::new(ports);
//! manager.create("docs;16:07;daily_docs")?;
//! manager.run("daily_docs", &SilentProgress)?;
//!
//! assert_eq!(backups.contents("daily_docs.tar").as_deref(), Some(&b"/srv/docs"[..]));
//! assert_eq!(
//!     journal.lines(),
//!     [
//!         "[10/03/2026 09:30] New schedule added: docs;16:07;daily_docs",
//!         "[10/03/2026 09:30] Backup done for docs in backups/daily_docs.tar",
//!     ]
//! );
//! # Ok::<(), Error>(())
//! ```

pub mod manager;
pub mod model;
pub mod operation;
pub mod policy;
pub mod ports;
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod time;
