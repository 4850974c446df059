//! Whether the newest complete archive of a backup is where the history says, and is what it was, going by a look into
//! the folder and by what the last verify said.

use std::collections::HashSet;

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Grade, newest_older};
use crate::model::history::{Ledger, RunRecord, Verification};

/// An archive that isn't there any more, or isn't what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveProblem {
    /// The run that made it.
    pub made: RunRecord,
    /// What it is now.
    pub fault: ProblemKind,
    /// The newest older generation that stands; its file name.
    pub older: Option<String>,
}

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is gone.
    Missing,
    /// It has another size than it was made with: this one.
    Changed(u64),
    /// The last verify found something wrong with it.
    Flawed(Verification),
}

/// Returns what is wrong with the archive that the run `made`, the newest complete one of that name by the history.
///
/// `backups` are at least those of that name. An archive that a run has sealed and not yet ended may have taken its place already. No archive is read: one that has
/// the size it had is taken for what it was, or for what it was when it was last verified.
#[must_use]
pub fn archive_problem(
    ledger: &Ledger,
    backups: &[BackupRecord],
    name: &BackupName,
    made: &RunRecord,
) -> Option<ArchiveProblem> {
    let Some(fault) = fault(backups, made) else {
        let fault = ProblemKind::Flawed(ledger.flaw_of(made)?.clone());
        return Some(ArchiveProblem { made: made.clone(), fault, older: older_sound(ledger, backups, name) });
    };
    let is_replaced = |run: &RunRecord| is_complete_of(run, name) && self::fault(backups, run).is_none();
    if ledger.unfinished().iter().filter_map(|run| run.sealed.as_ref()).any(is_replaced) {
        return None;
    }
    Some(ArchiveProblem { made: made.clone(), fault, older: older_sound(ledger, backups, name) })
}

/// Returns the newest of the older generations that stand, but for those that the last verify found something wrong with.
fn older_sound(ledger: &Ledger, backups: &[BackupRecord], name: &BackupName) -> Option<String> {
    let is_flawed = |backup: &&BackupRecord| {
        ledger.made(&backup.file_name).is_some_and(|run| ledger.flaw_of(run).is_some())
    };
    let sound: Vec<_> = backups.iter().filter(|backup| !is_flawed(backup)).cloned().collect();
    newest_older(&sound, name)
}

/// Returns the older generations that the history knows and that aren't among the files that `stand`, oldest first: their
/// file names, and the runs that made them.
pub(crate) fn gone_older<'a>(
    ledger: &'a Ledger,
    stand: &HashSet<&str>,
    name: &BackupName,
) -> Vec<(&'a str, &'a RunRecord)> {
    let is_older = |file_name: &str| ArchiveName::parse(file_name).is_some_and(|name| name.stamp.is_some());
    let mut generations = ledger.generations(name);
    generations.retain(|(file_name, _)| is_older(file_name) && !stand.contains(file_name));
    generations
}

fn fault(backups: &[BackupRecord], made: &RunRecord) -> Option<ProblemKind> {
    let archive = made.archive.as_deref()?;
    match backups.iter().find(|backup| backup.file_name == archive) {
        None => Some(ProblemKind::Missing),
        Some(backup) => {
            (backup.archive_bytes != made.archive_bytes).then_some(ProblemKind::Changed(backup.archive_bytes))
        }
    }
}

fn is_complete_of(run: &RunRecord, name: &BackupName) -> bool {
    run.archive
        .as_deref()
        .and_then(ArchiveName::parse)
        .is_some_and(|archive| archive.backup == *name && archive.grade == Grade::Complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{HistoryNote, Outcome};
    use crate::testing::{at, run_record};

    /// A run that made an archive: its `file bytes`.
    fn run(text: &str, outcome: Outcome) -> RunRecord {
        let (archive, bytes) = text.split_once(' ').expect("file, bytes");
        let record = run_record("docs;16:07;docs").planned(at("2026-03-10 16:07")).outcome(outcome);
        record.archive(archive, bytes.parse().unwrap()).build()
    }

    fn record(text: &str) -> BackupRecord {
        let RunRecord { archive, archive_bytes, ended, .. } = run(text, Outcome::Done);
        BackupRecord { file_name: archive.unwrap(), archive_bytes, finished: ended, sha256: None }
    }

    /// What stands, with commas between; what a run has sealed that hasn't ended; what is wrong with `docs.tar` of 9 bytes,
    /// and which older one stands.
    type Case<'a> = (&'a str, &'a str, Option<(ProblemKind, Option<&'a str>)>);

    #[track_caller]
    fn check((stands, sealed, expected): Case<'_>) {
        let backups: Vec<_> = stands.split(", ").filter(|one| !one.is_empty()).map(record).collect();
        let made = run("docs.tar 9", Outcome::Done);
        let mut notes = vec![HistoryNote::Ended(made.clone())];
        notes.extend((!sealed.is_empty()).then(|| HistoryNote::Sealed(run(sealed, Outcome::Done))));
        let found = archive_problem(&Ledger::new(&notes), &backups, &"docs".parse().unwrap(), &made);
        let found = found.map(|archive_problem| (archive_problem.fault, archive_problem.older));
        let expected = expected.map(|(fault, older)| (fault, older.map(str::to_owned)));
        assert_eq!(found, expected, "{stands:?} {sealed:?}");
    }

    #[test]
    fn an_archive_is_where_the_history_says_or_it_is_told() {
        let older = "docs.2026-03-09T16-07+0000.tar.zst";
        check(("docs.tar 9", "", None));
        check(("", "", Some((ProblemKind::Missing, None))));
        check(("docs.tar 8", "", Some((ProblemKind::Changed(8), None))));
        check(("docs.tar 0, music.tar 9", "", Some((ProblemKind::Changed(0), None))));
        check((
            "docs.tar.zst 9, docs.incomplete.tar 9, a.docs.tar 9",
            "",
            Some((ProblemKind::Missing, None)),
        ));
        let aside = "docs.2026-03-09T16-07+0000.tar.zst 1, docs.2026-03-09T16-07+0100.tar 9, music.2026-03-10T16-07+0000.tar 1";
        check((aside, "", Some((ProblemKind::Missing, Some(older)))));
        check((&format!("{aside}, docs.tar 8"), "", Some((ProblemKind::Changed(8), Some(older)))));
        check((&format!("{aside}, docs.tar 9"), "", None));
    }

    #[test]
    fn what_is_taking_its_place_is_no_fault() {
        check(("docs.tar 8", "docs.tar 8", None));
        check(("docs.tar.zst 5", "docs.tar.zst 5", None));
        check(("docs.tar 9", "docs.tar 8", None));
        check(("docs.tar 7", "docs.tar 8", Some((ProblemKind::Changed(7), None))));
        check(("", "docs.tar 8", Some((ProblemKind::Missing, None))));
        check(("docs.incomplete.tar 8", "docs.incomplete.tar 8", Some((ProblemKind::Missing, None))));
        check(("music.tar 8", "music.tar 8", Some((ProblemKind::Missing, None))));
    }
}
