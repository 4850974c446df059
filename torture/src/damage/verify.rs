//! What `backup_manager verify` finds out of the archive in a home.

use std::path::Path;
use std::process::{Command, Stdio};

use backup_core::manager::{Verify, VerifyRequest};
use backup_core::model::error::PortError;
use backup_core::model::event::Event;
use backup_core::model::history::{Flaw, HistoryNote, Verdict};
use backup_core::ports::{Cursor, Journal, RunHistory, Shorten, SilentProgress};
use backup_core::time::Moment;
use backup_fs::{Adapters, Log};

use crate::programs::Programs;

/// Who found the damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    ByStructure,
    ByDigest,
    Not,
}

impl Found {
    /// Returns the column that counts it.
    pub(super) fn column(self) -> usize {
        match self {
            Self::ByStructure => 1,
            Self::ByDigest => 2,
            Self::Not => 3,
        }
    }
}

/// Asks the use case of the program, over the same adapters.
pub(super) fn in_process(home: &Path) -> Result<Found, String> {
    let adapters = Adapters::open(home, Log::Manager).map_err(|error| error.to_string())?;
    let history = Unwritten(adapters.ports().history);
    let mut ports = adapters.ports();
    (ports.journal, ports.history) = (&Mute, &history);
    let desk = Verify::new(ports);
    let plan = desk.plan(&VerifyRequest::default()).map_err(|error| error.to_string())?;
    let [archive] = &plan.archives[..] else { return Err(format!("there are {:?}", plan.archives)) };
    let verified = desk.verify(archive, &SilentProgress).map_err(|error| error.to_string())?;
    match verified.map(|verified| verified.verdict) {
        Some(Verdict::Flawed(Flaw::Damaged(_))) => Ok(Found::ByStructure),
        Some(Verdict::Flawed(Flaw::Changed(_))) => Ok(Found::ByDigest),
        Some(Verdict::Good(_)) => Ok(Found::Not),
        other => Err(format!("it is told as {other:?}")),
    }
}

/// Asks the program, and goes by its words and its exit code.
pub(super) fn by_program(programs: &Programs, home: &Path) -> Result<Found, String> {
    let mut verify = Command::new(&programs.manager);
    verify.arg("--home").arg(home).args(["verify", "docs"]).stdin(Stdio::null());
    let ended = verify.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&ended.stdout);
    match ended.status.code() {
        Some(1) if said.contains("  DAMAGED: ") => Ok(Found::ByStructure),
        Some(1) if said.contains("  CHANGED ") => Ok(Found::ByDigest),
        Some(0) if said.contains("  good (") => Ok(Found::Not),
        _ => Err(format!("{}: {said}{}", ended.status, String::from_utf8_lossy(&ended.stderr))),
    }
}

/// A hundred thousand lines in the log are of no use.
struct Mute;

impl Journal for Mute {
    fn record(&self, _: Moment, _: &Event) {}
}

/// Nor are as many notes, each of which the next verify would read.
struct Unwritten<'a>(&'a dyn RunHistory);

impl RunHistory for Unwritten<'_> {
    fn append(&self, _: &HistoryNote) -> Result<(), PortError> {
        Ok(())
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.0.read(cursor)
    }

    fn shorten(&self, shorten: &Shorten<'_>) -> Result<bool, PortError> {
        self.0.shorten(shorten)
    }
}
