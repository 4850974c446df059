//! Where a simulated machine's fate is decided: at which call it crashes, and what fails.

use std::sync::{Mutex, MutexGuard};

use super::super::locked::locked;
use super::judge::Judge;
use super::sharing::Sharing;
use super::sums::Sums;
use super::verifying::Meddling;
use crate::model::archive::BackupRecord;
use crate::model::error::{Failure, PortError};
use crate::model::history::{RunKey, RunRecord};
use crate::ports::BackupStore;

/// A call to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Load,
    Replace,
    Read,
    Append,
    List,
    Draft,
    Write,
    Seal,
    Publish,
    RemoveLeftovers,
    Digest,
    Pack,
    Journal,
}

/// What fails for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing can be written.
    FullDisk,
    /// There is no room for archives, but for small files.
    FullBackups,
    /// The archives can't be made durable.
    Unpublished,
    /// The archives take their places, and nobody knows whether they outlive a power cut.
    Unsynced,
    /// The history can't be written.
    FullHistory,
    /// The history can't be read.
    UnreadHistory,
    /// The schedules can't be read.
    UnreadSchedules,
    /// What is to be taken over of earlier archives can't be read.
    UnreadBases,
}

impl Trouble {
    pub(super) const ALL: [Self; 8] = [
        Self::FullDisk,
        Self::FullBackups,
        Self::Unpublished,
        Self::Unsynced,
        Self::FullHistory,
        Self::UnreadHistory,
        Self::UnreadSchedules,
        Self::UnreadBases,
    ];

    fn hits(self, call: Call) -> bool {
        match self {
            Self::FullDisk => {
                matches!(call, Call::Write | Call::Seal | Call::Publish | Call::Append | Call::Replace)
            }
            Self::FullBackups => call == Call::Write,
            Self::Unpublished => call == Call::Publish,
            // What the call did has taken effect by then; the other happens within a call.
            Self::Unsynced | Self::UnreadBases => false,
            Self::FullHistory => call == Call::Append,
            Self::UnreadHistory => call == Call::Read,
            Self::UnreadSchedules => call == Call::Load,
        }
    }
}

/// A crash to come.
#[derive(Debug, Clone, Copy)]
struct Crash {
    calls_before: u64,
    /// Whether the call still takes effect.
    is_after: bool,
}

/// The fate of one machine.
#[derive(Debug)]
pub(super) struct Desk {
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) judge: Judge,
    pub(super) trouble: Option<Trouble>,
    pub(super) is_alive: bool,
    /// The run that the service's runner is at, so that the judge hears whose archive appears.
    pub(super) at_work_on: Option<RunKey>,
    pub(super) sharing: Sharing,
    pub(super) sums: Sums,
    /// Somebody replaces the archive that is verified.
    pub(super) meddling: Option<Meddling>,
    crash: Option<Crash>,
}

impl State {
    /// A draft may take over from that archive.
    pub(super) fn base_offered(&mut self, backup: &BackupRecord) {
        self.judge.verdicts.report.bases += 1;
        let reuse = self.judge.reuse_of(self.at_work_on.as_ref());
        let began = self.judge.beginning(self.at_work_on.as_ref());
        let wrong = self.sharing.based_on(backup, reuse, began);
        self.tell_wrong(wrong);
    }

    /// A draft is compared with that archive, because it is time to read everything.
    pub(super) fn compared(&mut self, backup: &BackupRecord) {
        self.judge.verdicts.report.compared += 1;
        let reuse = self.judge.reuse_of(self.at_work_on.as_ref());
        let wrong = self.sharing.compared_with(backup, reuse);
        self.tell_wrong(wrong);
    }

    /// A draft was published, as far as one knows.
    pub(super) fn archive_stands(
        &mut self,
        published: &Result<BackupRecord, PortError>,
        run: Option<&RunRecord>,
        backups: &dyn BackupStore,
    ) {
        if let Ok(record) = published {
            self.sums.published(record, run);
            let began = self.judge.beginning(self.at_work_on.as_ref());
            let wrong = self.sharing.published(record, backups, began);
            self.tell_wrong(wrong);
        }
    }

    /// A service begins.
    pub(super) fn service_started(&mut self) {
        self.judge.service_started();
        self.sums.service_started();
    }

    fn tell_wrong(&mut self, wrong: Option<&'static str>) {
        let key = self.at_work_on.clone();
        wrong.into_iter().for_each(|what| self.judge.altered(key.as_ref(), what));
    }
}

impl Desk {
    pub(super) fn new(judge: Judge) -> Self {
        let state = State {
            judge,
            trouble: None,
            is_alive: true,
            at_work_on: None,
            sharing: Sharing::default(),
            sums: Sums::default(),
            meddling: None,
            crash: None,
        };
        Self { state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(super) fn into_judge(self) -> Judge {
        self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).judge
    }

    /// Lets the service crash at a call to come.
    pub(super) fn crash_after(&self, calls_before: u64, is_after: bool) {
        self.state().crash = Some(Crash { calls_before, is_after });
    }

    /// Begins anew after a crash, or before one that didn't come.
    pub(super) fn revive(&self) {
        let mut state = self.state();
        (state.is_alive, state.crash) = (true, None);
    }

    /// Makes a call, unless it fails or the service dies before it. A call that the service dies at the end of has
    /// taken effect, though nobody hears of it.
    pub(super) fn call<T>(
        &self,
        call: Call,
        is_service: bool,
        act: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.before(call, is_service)?;
        let result = act();
        if is_service {
            self.after()?;
        }
        result
    }

    fn before(&self, call: Call, is_service: bool) -> Result<(), PortError> {
        let mut state = self.state();
        if is_service {
            if let Some(crash) = &mut state.crash {
                let is_due = crash.calls_before == 0;
                crash.calls_before = crash.calls_before.saturating_sub(1);
                if is_due && !crash.is_after {
                    Self::die(&mut state);
                }
            }
            if !state.is_alive {
                return Err(gone());
            }
        }
        match state.trouble.filter(|trouble| trouble.hits(call)) {
            Some(_) => Err(PortError::new(Failure::Full, format!("{call:?}")).because("a simulated trouble")),
            None => Ok(()),
        }
    }

    fn after(&self) -> Result<(), PortError> {
        let mut state = self.state();
        if state.crash.is_some_and(|crash| crash.calls_before == 0 && crash.is_after) {
            Self::die(&mut state);
        }
        if state.is_alive { Ok(()) } else { Err(gone()) }
    }

    fn die(state: &mut State) {
        state.judge.verdicts.report.crashes += 1;
        (state.is_alive, state.crash) = (false, None);
    }
}

fn gone() -> PortError {
    PortError::new(Failure::Other, "go on: the service has crashed")
}
