//! A schedules file in memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use chrono::{DateTime, Utc};

use super::locked::locked;
use super::{Faults, ManualClock};
use crate::model::error::{Error, Failure, PortError};
use crate::model::schedule::ScheduleBook;
use crate::ports::{BookState, Edit, ScheduleStore};
use crate::time::Clock;

/// Keeps a book as the bytes of its file, so that whatever a book can't hold is lost here as it would be on disk.
/// Clones are handles of the same file.
///
/// Its operations are "load" (each load, also one of a book that hasn't changed), "read" and "replace" (one each in an update, before and after the edit).
/// Stricter than a file: an update within an update of the same store panics, where a lock would hang.
#[derive(Debug, Clone, Default)]
pub struct MemorySchedules {
    file: Arc<Mutex<Option<Stored>>>,
    turn: Arc<Turn>,
    clock: Option<ManualClock>,
    faults: Faults,
}

#[derive(Debug, Clone)]
struct Stored {
    bytes: Vec<u8>,
    changed: Option<DateTime<Utc>>,
    /// Which write of all stores this was.
    write: u64,
}

static WRITES: AtomicU64 = AtomicU64::new(0);

impl MemorySchedules {
    /// Returns a store without a book, which never fails and can't tell when its book was changed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a store that holds these bytes.
    #[must_use]
    pub fn holding(bytes: impl AsRef<[u8]>) -> Self {
        let store = Self::default();
        store.write(bytes);
        store
    }

    /// Returns a store without a book, which fails as scripted.
    #[must_use]
    pub fn failing(faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..Self::default() }
    }

    /// Returns the same store, which tells from now on when its book was changed, by that clock.
    #[must_use]
    pub fn stamped_by(self, clock: &ManualClock) -> Self {
        Self { clock: Some(clock.clone()), ..self }
    }

    /// Returns the bytes of the file, or `None` while there is none.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        locked(&self.file).as_ref().map(|stored| stored.bytes.clone())
    }

    /// Writes the file by hand, as a user does with an editor: past every lock and fault.
    pub fn write(&self, bytes: impl AsRef<[u8]>) {
        let changed = self.clock.as_ref().map(|clock| clock.now().to_utc());
        let write = WRITES.fetch_add(1, Ordering::Relaxed);
        *locked(&self.file) = Some(Stored { bytes: bytes.as_ref().to_vec(), changed, write });
    }

    /// Deletes the file by hand.
    pub fn delete(&self) {
        *locked(&self.file) = None;
    }

    fn write_number(&self) -> Option<u64> {
        locked(&self.file).as_ref().map(|stored| stored.write)
    }

    fn read(&self) -> Option<ScheduleBook> {
        let stored = locked(&self.file).clone()?;
        let book = ScheduleBook::parse(&stored.bytes);
        Some(stored.changed.map_or(book.clone(), |instant| book.changed_at(instant)))
    }
}

impl ScheduleStore for MemorySchedules {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.faults.check("load", "the schedules")?;
        self.read().ok_or_else(|| PortError::new(Failure::Missing, "load the schedules"))
    }

    fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
        let state = BookState { numbers: self.write_number().map(|write| [write, 0, 0, 0, 0, 0, 0, 0]) };
        if state.numbers.is_some() && state == *seen {
            self.faults.check("load", "the schedules")?;
            return Ok(None);
        }
        let book = self.load()?;
        *seen = state;
        Ok(Some(book))
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let _turn = self.turn.take();
        self.faults.check("read", "the schedules")?;
        let mut book = self.read().unwrap_or_default();
        edit(&mut book)?;
        self.faults.check("replace", "the schedules")?;
        self.write(book.to_bytes());
        Ok(())
    }
}

/// Lets one update in at a time, and knows whose it is.
#[derive(Debug, Default)]
struct Turn {
    gate: Mutex<()>,
    holder: Mutex<Option<ThreadId>>,
}

impl Turn {
    fn take(&self) -> impl Drop + '_ {
        let me = thread::current().id();
        assert!(
            *locked(&self.holder) != Some(me),
            "update called within an update of the same schedule store"
        );
        let gate = locked(&self.gate);
        *locked(&self.holder) = Some(me);
        Held { holder: &self.holder, _gate: gate }
    }
}

struct Held<'a> {
    holder: &'a Mutex<Option<ThreadId>>,
    _gate: std::sync::MutexGuard<'a, ()>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *locked(self.holder) = None;
    }
}
