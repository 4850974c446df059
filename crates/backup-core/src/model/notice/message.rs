//! Notice: one message about a backup.

use crate::model::history::{Outcome, RunRecord};
use crate::model::notice::kind::NoticeKind;
use crate::time::Moment;

/// One message about a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// The name of the backup. A test has the name of the target.
    pub name: String,
    /// The source of the backup, as it is written in the schedule.
    pub source: String,
    /// When it was written.
    pub written: Moment,
    /// Since when the problem lasts that it tells of, or that is over.
    pub since: Option<Moment>,
    /// Whether it was told before, and still lasts.
    pub is_reminder: bool,
    /// How the last run ended.
    pub outcome: Option<Outcome>,
    /// What the run was planned for. For an overdue backup, the planned moment that has no good backup.
    pub planned: Option<Moment>,
    /// When the run began.
    pub began: Option<Moment>,
    /// When the run ended.
    pub ended: Option<Moment>,
    /// Why it failed, or what it lacks.
    pub error: Option<String>,
    /// The file name of the archive that the run made.
    pub archive: Option<String>,
    /// The size of that archive.
    pub archive_bytes: u64,
    /// When the last good backup was finished.
    pub last_good: Option<Moment>,
    /// The file name of the archive from before the change, if the source is suspicious.
    pub before: Option<String>,
}

impl Notice {
    /// Returns a notice that tells nothing but its kind.
    #[must_use]
    pub fn new(kind: NoticeKind, name: impl Into<String>, written: Moment) -> Self {
        Self {
            kind,
            name: name.into(),
            source: String::new(),
            written,
            since: None,
            is_reminder: false,
            outcome: None,
            planned: None,
            began: None,
            ended: None,
            error: None,
            archive: None,
            archive_bytes: 0,
            last_good: None,
            before: None,
        }
    }

    /// Returns the same notice with what a run came to.
    #[must_use]
    pub fn of_run(self, run: &RunRecord) -> Self {
        Self {
            outcome: Some(run.outcome),
            planned: run.key.planned,
            began: Some(run.began),
            ended: Some(run.ended),
            error: run.problems.first().filter(|_| !run.outcome.is_good()).cloned(),
            archive: run.archive.clone(),
            archive_bytes: run.archive_bytes,
            ..self
        }
    }

    /// Returns the identity of the run that it tells of, if it tells of one.
    #[must_use]
    pub fn run_id(&self) -> Option<String> {
        self.began.map(|began| run_id(&self.name, began))
    }
}

/// Returns the identity of a run in the form of a UUID: the same for its start and its end, on every machine and version.
#[must_use]
pub fn run_id(name: &str, began: Moment) -> String {
    let text = format!("{name}\n{}", began.timestamp_nanos_opt().unwrap_or_default());
    // FNV-1a, which is no secret and needs none: two runs of one backup begin at different times.
    let digest = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    // Version 8 of RFC 9562 is free for such digests.
    let version = 0x8 << 76;
    let variant = 0b10 << 62;
    let uuid = digest & !(0xf << 76) & !(0b11 << 62) | version | variant;
    let hex = format!("{uuid:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    #[test]
    fn each_run_has_an_identity_of_its_own() {
        let of = |name, began| run_id(name, at(began));
        let id = of("docs", "2026-03-10 16:07");
        insta::assert_snapshot!(id, @"bd5ddbd6-2f95-870c-9de5-1dbecb2154ae");
        assert_eq!(id, of("docs", "2026-03-10T17:07:00+01:00"), "an offset doesn't matter");
        assert_ne!(id, of("docs", "2026-03-11 16:07"));
        assert_ne!(id, of("photos", "2026-03-10 16:07"));
    }

    #[test]
    fn a_good_run_has_no_error() {
        let record = || run_record("docs;16:07;docs").began(at("2026-03-10 16:07"));
        let run = |outcome| record().outcome(outcome).problem("torn: letter").build();
        let error = |outcome| {
            let notice = Notice::new(NoticeKind::Success, "docs", at("2026-03-10 17:00"));
            notice.of_run(&run(outcome)).error
        };
        assert_eq!(error(Outcome::Failed).as_deref(), Some("torn: letter"));
        assert_eq!(error(Outcome::Torn), None);
    }
}
