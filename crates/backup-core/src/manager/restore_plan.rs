//! A restore that is decided on, and what there is to say of it.

use std::path::{Path, PathBuf};

use crate::model::archive::{BackupRecord, place_of};
use crate::model::event::Event;
use crate::model::history::RunRecord;
use crate::model::restore::{RestoreFinding, RestoreFindingKind, RestoreJob, RestoreReport};
use crate::time::Moment;

/// A restore that is fully decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestorePlan {
    /// Out of which archive.
    pub archive: BackupRecord,
    /// The moment that it stands for, where it was chosen by one.
    pub made_for: Option<Moment>,
    /// What, and where to.
    pub request: RestoreJob,
    /// The source's path without symbolic links when the archive was made, where it goes back there and that is known.
    pub real_source: Option<String>,
}

impl RestorePlan {
    /// Returns where the target of a path leads, if that isn't what the path says.
    #[must_use]
    pub fn leads_to<'r>(&self, real_target: Option<&'r Path>) -> Option<&'r Path> {
        real_target.filter(|real| *real != self.request.target.path())
    }

    /// Returns where the source was when the backup was made, if it leads elsewhere now.
    #[must_use]
    pub fn led_to(&self, real_target: Option<&Path>) -> Option<&Path> {
        let then = Path::new(self.real_source.as_ref()?);
        real_target.filter(|now| *now != then).map(|_| then)
    }

    /// Returns what is to be said of an archive that lacks something, given the runs that may have made it.
    #[must_use]
    pub(super) fn incompleteness(&self, made: &[RunRecord]) -> Option<RestoreFinding> {
        // What has the name by now may be another archive than the one that the history knows.
        let made_it = |run: &&RunRecord| run.archive_bytes == self.archive.archive_bytes;
        let problems = made.iter().find(made_it).map_or(&[][..], |run| &run.problems);
        let problems = problems.iter().take(RestoreReport::MAX_FINDINGS).cloned().collect();
        let kind = RestoreFindingKind::Incomplete(problems);
        self.archive.is_incomplete().then(|| RestoreFinding { path: PathBuf::new(), kind })
    }

    /// Returns what the journal says of a restore.
    #[must_use]
    pub fn event(&self, report: &RestoreReport) -> Event {
        let of_archive = || report.findings.iter().filter(|finding| finding.kind.is_of_the_archive());
        let troubles: Vec<_> = of_archive().map(ToString::to_string).collect();
        let of_entries = report.finding_count - troubles.len() as u64;
        Event::Restored {
            archive: place_of(&self.archive.file_name),
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
        let said = (plan.leads_to(now), plan.led_to(now));
        assert_eq!(said, (leads_to.map(Path::new), led_to.map(Path::new)), "{then:?} {now:?}");
    }

    #[test]
    fn damage_is_not_hidden_by_what_an_archive_lacked_from_the_start() {
        let mut report = RestoreReport::default();
        report.add(PathBuf::new(), RestoreFindingKind::BrokenOff("at byte 7".to_owned()));
        report.add(PathBuf::new(), RestoreFindingKind::Incomplete(vec!["can't read a".to_owned()]));
        let said = plan(None).event(&report).to_string();
        assert!(said.contains("THE ARCHIVE IS INCOMPLETE") && said.contains("at byte 7"), "{said}");
        assert!(!said.contains("could not be restored"), "{said}");
    }

    #[test]
    fn what_differs_is_told() {
        check(Some("/home/docs"), Some("/home/docs"), None, None);
        check(Some("/data/docs"), Some("/data/docs"), Some("/data/docs"), None);
        check(Some("/home/docs"), Some("/data/docs"), Some("/data/docs"), Some("/home/docs"));
        check(Some("/data/docs"), Some("/home/docs"), None, Some("/data/docs"));
        check(None, Some("/data/docs"), Some("/data/docs"), None);
        check(Some("/data/docs"), None, None, None);
    }
}
