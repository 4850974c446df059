//! The domain of Backup Manager: what is due, what is allowed, and what happened.
//!
//! This crate decides and never touches the world: no files, no threads, no clock. What it needs from outside, it asks of
//! a *port* ([`ports`]). A port is a small trait. The program implements it, or takes an adapter from `backup-fs`.
//! Decisions are plain functions of their arguments, and the time is one of them, so that they are quick to test.
//!
//! The modules, from the top floor to the bottom. Each imports from lower floors only:
//!
//! - `testing` (a feature): a clock set by hand, stores in memory that fail on demand, and the contract suites that every
//!   adapter of a port must pass.
//! - [`manager`] and [`service`]: the use cases of a person, and the loop that makes each planned run happen once.
//! - [`operation`]: procedures over ports, such as one run or one drill.
//! - [`policy`]: pure decisions, such as what is due, overdue, kept or allowed.
//! - [`ports`]: the traits through which the core touches the world.
//! - [`model`]: the vocabulary, such as schedules, archives, the history, errors and events.
//! - [`time`] and [`text`]: moments, the wall clock, and text that is safe to print.
//!
//! # A first program
//!
//! It brings its own clock, schedule store and archiver. Backups, history and journal are kept in memory here. A real
//! program uses the adapters of `backup-fs` or its own.
//!
//! ```
//! use std::io::Write;
//! use std::path::Path;
//! use std::sync::Mutex;
//!
//! use backup_core::manager::Manager;
//! use backup_core::model::archive::PackReport;
//! use backup_core::model::error::{Error, Failure, PortError};
//! use backup_core::model::schedule::ScheduleBook;
//! use backup_core::ports::{Archiver, Edit, PackRequest, PackTarget, Ports, Progress, ScheduleStore, SilentProgress};
//! use backup_core::testing::{MemoryBackups, MemoryHistory, RecordingJournal};
//! use backup_core::time::{Clock, Moment};
//! use backup_core::chrono::{DateTime, FixedOffset, Utc};
//!
//! /// Always half past nine, in UTC.
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
//! /// Keeps the schedules as text in memory. In a database, it would be a column.
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
//!         out: &mut dyn PackTarget,
//!         _progress: &dyn Progress,
//!     ) -> Result<PackReport, PortError> {
//!         write!(out, "{}", request.source.display()).map_err(|error| PortError::io("write the archive", error))?;
//!         let mut report = PackReport::default();
//!         report.entries = 1;
//!         Ok(report)
//!     }
//! }
//!
//! let (schedules, backups) = (TextStore::default(), MemoryBackups::new(StoppedClock));
//! let (history, journal) = (MemoryHistory::new(), RecordingJournal::new());
//! let ports = Ports::builder(Path::new("/srv"))
//!     .clock(&StoppedClock)
//!     .schedules(&schedules)
//!     .archiver(&NameArchiver)
//!     .backups(&backups)
//!     .history(&history)
//!     .journal(&journal)
//!     .build()?;
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
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use chrono;

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
