//! Severity: how much an event needs somebody's attention.

use crate::model::archive::FindingKind;
use crate::model::event::Event;
use crate::model::history::Verdict;

/// How much an event needs attention. The most severe comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something failed, and somebody should look at it.
    Error,
    /// Something is not as it should be, though a backup may have been made.
    Warning,
    /// All went as it should.
    Info,
}

impl Event {
    /// Returns how much the event needs attention.
    ///
    /// Every event whose text begins with `Error:` is an [`Error`](Severity::Error).
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a severity for each event, in one list")]
    pub fn severity(&self) -> Severity {
        match self {
            Self::NotesLost(..)
            | Self::DrillFailed(_)
            | Self::ConfigKept(_)
            | Self::ConfigAwaited(_)
            | Self::Outage { .. }
            | Self::NoticeDelayed { .. }
            | Self::NoticeGivenUp { .. }
            | Self::Failed(_) => Severity::Error,
            Self::BackupTorn { .. }
            | Self::BackupIncomplete { .. }
            | Self::BackupInterrupted { is_due: true, .. }
            | Self::Skipped { .. }
            | Self::Forgotten { .. }
            | Self::NotKept { .. }
            | Self::Suspicious { .. }
            | Self::HistoryRebuilt(_)
            | Self::HistoryUnreadable(_)
            | Self::HookFailed { .. }
            | Self::HookOwed(..)
            | Self::HookGone(..)
            | Self::MoreFound { .. } => Severity::Warning,
            Self::Found { finding, .. } => of_finding(&finding.kind),
            Self::Restored { missing_entries, archive_findings, .. } => {
                warning_if(*missing_entries > 0 || !archive_findings.is_empty())
            }
            Self::Verified { verdict, .. } => of_verdict(verdict),
            Self::ScheduleAdded(_)
            | Self::ListShown
            | Self::ScheduleDeleted(_)
            | Self::ScheduleChanged { .. }
            | Self::SchedulePaused { .. }
            | Self::ScheduleResumed { .. }
            | Self::ServiceStarted
            | Self::ServiceStopped
            | Self::BackupsShown
            | Self::BackupDone { .. }
            | Self::BackupInterrupted { is_due: false, .. }
            | Self::FoundFinished { .. }
            | Self::Pruned { .. }
            | Self::Imported { .. }
            | Self::CatalogMade(_)
            | Self::HistoryShortened
            | Self::BackupPostponed(_)
            | Self::MakingUp { .. }
            | Self::LeftOut { .. }
            | Self::Drilled(_)
            | Self::DrillInterrupted(_)
            | Self::DraftsSwept(_)
            | Self::ConfigTaken
            | Self::Accepted { .. }
            | Self::Released(_)
            | Self::CommandSaid { .. }
            | Self::HookSaid { .. }
            | Self::Notified { .. }
            | Self::NoticesArrive(_)
            | Self::Copied(_)
            | Self::Recovered(_) => Severity::Info,
        }
    }
}

/// Returns [`Severity::Warning`] or [`Severity::Info`].
fn warning_if(is_bad: bool) -> Severity {
    if is_bad { Severity::Warning } else { Severity::Info }
}

/// What is missing or mixed is a warning. Sockets, own folders and what was left out on purpose are none.
fn of_finding(kind: &FindingKind) -> Severity {
    warning_if(matches!(kind, FindingKind::Unreadable(_) | FindingKind::Torn))
}

fn of_verdict(verdict: &Verdict) -> Severity {
    match verdict {
        Verdict::Good(_) => Severity::Info,
        Verdict::Incomplete(_) | Verdict::UnknownDigest | Verdict::Unknown | Verdict::Unchecked(_) => {
            Severity::Warning
        }
        Verdict::Flawed(_) | Verdict::Missing { .. } => Severity::Error,
    }
}
