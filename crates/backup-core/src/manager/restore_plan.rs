//! Restore plan: a restore with every decision made.

use std::path::{Path, PathBuf};

use crate::model::archive::{BackupRecord, display_path};
use crate::model::event::Event;
use crate::model::history::RunRecord;
use crate::model::restore::{RestoreFinding, RestoreFindingKind, RestoreJob, RestoreReport};
use crate::time::Moment;

/// A restore with every decision made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestorePlan {
    /// The archive to restore from.
    pub archive: BackupRecord,
    /// The moment that the archive was made for, if it was chosen by date.
    pub made_for: Option<Moment>,
    /// What to restore, and where to.
    pub request: RestoreJob,
    /// The source's path without symbolic links, at the time the archive was made. Only a restore to the source has it, and
    /// only if the history knows it.
    pub real_source: Option<String>,
}

impl RestorePlan {
    /// Returns where symbolic links lead the target now, if they lead anywhere else.
    #[must_use]
    pub fn leads_to<'r>(&self, real_target: Option<&'r Path>) -> Option<&'r Path> {
        real_target.filter(|real| *real != self.request.target.path())
    }

    /// Returns where the source was when the backup was made, if it is somewhere else now.
    #[must_use]
    pub fn led_to(&self, real_target: Option<&Path>) -> Option<&Path> {
        let then = Path::new(self.real_source.as_ref()?);
        real_target.filter(|now| *now != then).map(|_| then)
    }

    /// Returns a finding if the archive is incomplete, with the problems of the run that made it.
    ///
    /// `runs` may have made the archive.
    #[must_use]
    pub(super) fn incompleteness(&self, runs: &[RunRecord]) -> Option<RestoreFinding> {
        // By now, another archive may have this name than the one that the history knows.
        let has_size = |run: &&RunRecord| run.archive_bytes == self.archive.archive_bytes;
        let problems = runs.iter().find(has_size).map_or(&[][..], |run| &run.problems);
        let problems = problems.iter().take(RestoreReport::MAX_FINDINGS).cloned().collect();
        let kind = RestoreFindingKind::Incomplete(problems);
        self.archive.is_incomplete().then(|| RestoreFinding { path: PathBuf::new(), kind })
    }

    /// Returns the event to log for a finished restore.
    #[must_use]
    pub fn event(&self, report: &RestoreReport) -> Event {
        let of_archive = || report.findings.iter().filter(|finding| finding.kind.is_of_the_archive());
        let troubles: Vec<_> = of_archive().map(ToString::to_string).collect();
        let of_entries = report.finding_count - troubles.len() as u64;
        Event::Restored {
            archive: display_path(&self.archive.file_name),
            target: self.request.target.path().to_string_lossy().into_owned(),
            entries: report.entries,
            missing_entries: of_entries + report.unmatched.len() as u64,
            archive_trouble: (!troubles.is_empty()).then(|| troubles.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::Selection;
    use crate::model::restore::Links;
    use crate::model::restore::{IfExists, RestoreTarget};
    use crate::testing::at;

    fn plan(real_source: Option<&str>) -> RestorePlan {
        let file_name = "docs.tar".to_owned();
        let archive =
            BackupRecord { file_name, archive_bytes: 1, finished: at("2026-03-10 09:30"), sha256: None };
        let request = RestoreJob {
            target: RestoreTarget::Source("/home/docs".into()),
            chosen: Vec::new(),
            links: Links::Trusted,
            existing: IfExists::Replace,
            keep_setuid: false,
            identity: String::new(),
            home: "/home".into(),
            selection: Selection::default(),
            digests: false,
        };
        RestorePlan { archive, made_for: None, request, real_source: real_source.map(str::to_owned) }
    }

    #[track_caller]
    fn check(then: Option<&str>, now: Option<&str>, leads_to: Option<&str>, led_to: Option<&str>) {
        let (plan, now) = (plan(then), now.map(Path::new));
        let found = (plan.leads_to(now), plan.led_to(now));
        assert_eq!(found, (leads_to.map(Path::new), led_to.map(Path::new)), "{then:?} {now:?}");
    }

    #[test]
    fn damage_is_reported_even_if_the_archive_was_incomplete_from_the_start() {
        let mut report = RestoreReport::default();
        report.add(PathBuf::new(), RestoreFindingKind::BrokenOff("at byte 7".to_owned()));
        report.add(PathBuf::new(), RestoreFindingKind::Incomplete(vec!["can't read a".to_owned()]));
        let line = plan(None).event(&report).to_string();
        assert!(line.contains("THE ARCHIVE IS INCOMPLETE") && line.contains("at byte 7"), "{line}");
        assert!(!line.contains("could not be restored"), "{line}");
    }

    #[test]
    fn a_target_or_source_that_moved_is_reported() {
        check(Some("/home/docs"), Some("/home/docs"), None, None);
        check(Some("/data/docs"), Some("/data/docs"), Some("/data/docs"), None);
        check(Some("/home/docs"), Some("/data/docs"), Some("/data/docs"), Some("/home/docs"));
        check(Some("/data/docs"), Some("/home/docs"), None, Some("/data/docs"));
        check(None, Some("/data/docs"), Some("/data/docs"), None);
        check(Some("/data/docs"), None, None, None);
    }
}
