//! How a backup is, and what there is to tell about it.

use crate::model::archive::display_path;
use crate::model::history::{DrillReceipt, Hold, Outcome, RunRecord};
use crate::model::notice::{Notice, NoticeKind};
use crate::model::schedule::ScheduleEntry;
use crate::policy::notices::BackupFacts;
use crate::policy::overdue::Overdue;
use crate::time::Moment;

/// How a backup is, and since when.
pub(super) struct Look<'l> {
    pub(super) entry: &'l ScheduleEntry,
    pub(super) last_run: Option<RunRecord>,
    pub(super) failed_drill: Option<DrillReceipt>,
    pub(super) hold: Option<Hold>,
    pub(super) overdue: Option<Overdue>,
    pub(super) last_good: Option<Moment>,
    pub(super) has_news: bool,
    pub(super) is_under_way: bool,
}

impl Look<'_> {
    pub(super) fn facts(&self) -> BackupFacts<'_> {
        BackupFacts {
            last_run: self.last_run.as_ref(),
            is_overdue: self.overdue.is_some(),
            has_failed_drill: self.failed_drill.is_some(),
            is_held: self.hold.is_some(),
            is_under_way: self.is_under_way,
        }
    }

    /// Returns the first command of its hook that failed at the last run, and how.
    fn hook_problem(&self) -> Option<&String> {
        self.last_run.as_ref()?.hook_problems.first()
    }

    /// Returns a notice of this kind.
    pub(super) fn notice(&self, kind: NoticeKind, now: Moment) -> Notice {
        let source = self.entry.source().to_owned();
        let notice = Notice::new(kind, self.entry.name().as_str(), now);
        let notice = Notice { source, last_good: self.last_good, ..notice };
        if let (NoticeKind::Overdue, Some(overdue)) = (kind, &self.overdue) {
            return Notice { since: Some(overdue.planned), planned: Some(overdue.planned), ..notice };
        }
        let notice = self.last_run.as_ref().map_or(notice.clone(), |run| notice.of_run(run));
        let is_other = kind == NoticeKind::Failure && notice.outcome != Some(Outcome::Failed);
        match (&self.failed_drill, &self.hold, self.hook_problem()) {
            (Some(drill), ..) if is_other => Notice {
                since: Some(drill.ended),
                error: Some(format!("drilled {}: {drill}", display_path(&drill.archive))),
                ..notice
            },
            (None, Some(hold), _) if is_other => {
                let anomalies: Vec<_> = hold.anomalies.iter().map(ToString::to_string).collect();
                let error = format!("suspicious: {}; nothing of it is removed for now", anomalies.join("; "));
                let before = hold.before.clone();
                Notice { since: Some(hold.since), error: Some(error), before, ..notice }
            }
            (None, None, Some(problem)) if is_other => {
                Notice { since: notice.ended.or(Some(now)), error: Some(problem.clone()), ..notice }
            }
            _ => Notice { since: notice.ended.or(Some(now)), ..notice },
        }
    }
}
