//! Integrity: does the newest complete archive of a backup exist, and is it still what was made?
//!
//! Only the list of files and the last verify decide this. No archive is read.

use std::collections::HashSet;

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, Grade, newest_older};
use crate::model::history::{Ledger, RunRecord, Verification};

/// An archive that is missing, or isn't what was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveProblem {
    /// The run that made it.
    pub run: RunRecord,
    /// What is wrong with it.
    pub kind: ProblemKind,
    /// The file name of the newest older generation in which the last verify found nothing wrong.
    pub older: Option<String>,
}

/// An archive in which the last verify found a flaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlawedArchive {
    /// Its file name.
    pub file_name: String,
    /// What the verify found.
    pub verification: Verification,
}

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is missing.
    Missing,
    /// Its size has changed. This is its size now, in bytes.
    Changed(u64),
    /// The last verify found a flaw in it.
    Flawed(Verification),
}

/// Returns what is wrong with the newest complete archive of a backup, if anything is.
///
/// `run` made that archive, according to the history. `backups` must include all backups of that name.
///
/// An archive that has its size still counts as intact, unless the last verify found a flaw. There is no problem if another
/// archive has already taken its place: one that a run has sealed, but whose end isn't in the history yet.
#[must_use]
pub fn archive_problem(
    ledger: &Ledger,
    backups: &[BackupRecord],
    name: &BackupName,
    run: &RunRecord,
) -> Option<ArchiveProblem> {
    let problem = |kind| {
        Some(ArchiveProblem { run: run.clone(), kind, older: newest_sound_older(ledger, backups, name) })
    };
    let Some(kind) = missing_or_changed(backups, run) else {
        return problem(ProblemKind::Flawed(ledger.flaw_of(run)?.clone()));
    };
    let is_replacement =
        |run: &RunRecord| is_complete_of(run, name) && missing_or_changed(backups, run).is_none();
    if ledger.unfinished().iter().filter_map(|run| run.sealed.as_ref()).any(is_replacement) {
        return None;
    }
    problem(kind)
}

/// Returns the older archives of a backup that exist and in which the last verify found a flaw, newest first. Each has its file
/// name.
///
/// `newest` made the newest complete archive, whose flaw is an [`archive_problem`].
#[must_use]
pub fn flawed_older(
    ledger: &Ledger,
    backups: &[BackupRecord],
    name: &BackupName,
    newest: &RunRecord,
) -> Vec<FlawedArchive> {
    let exists = |file_name: &str| backups.iter().any(|backup| backup.file_name == file_name);
    let generations = ledger.generations(name).into_iter().rev();
    let older = generations.filter(|(file_name, run)| *run != newest && exists(file_name));
    let flawed = older.filter_map(|(file_name, run)| {
        let verification = ledger.flaw_of(run)?.clone();
        Some(FlawedArchive { file_name: file_name.to_owned(), verification })
    });
    flawed.collect()
}

/// Returns the newest older generation in which the last verify found nothing wrong.
pub(crate) fn newest_sound_older(
    ledger: &Ledger,
    backups: &[BackupRecord],
    name: &BackupName,
) -> Option<String> {
    let is_flawed = |backup: &&BackupRecord| {
        ledger.made(&backup.file_name).is_some_and(|run| ledger.flaw_of(run).is_some())
    };
    let sound: Vec<_> = backups.iter().filter(|backup| !is_flawed(backup)).cloned().collect();
    newest_older(&sound, name)
}

/// Returns the older generations that the history knows but that don't exist any more, oldest first.
///
/// Each has its file name and the run that made it. `existing` are the file names of all backups.
pub(crate) fn gone_older<'a>(
    ledger: &'a Ledger,
    existing: &HashSet<&str>,
    name: &BackupName,
) -> Vec<(&'a str, &'a RunRecord)> {
    let is_older = |file_name: &str| ArchiveName::parse(file_name).is_some_and(|name| name.stamp.is_some());
    let mut generations = ledger.generations(name);
    generations.retain(|(file_name, _)| is_older(file_name) && !existing.contains(file_name));
    generations
}

/// Returns what the list of files shows about the archive of a run.
fn missing_or_changed(backups: &[BackupRecord], run: &RunRecord) -> Option<ProblemKind> {
    let archive = run.archive.as_deref()?;
    match backups.iter().find(|backup| backup.file_name == archive) {
        None => Some(ProblemKind::Missing),
        Some(backup) => {
            (backup.archive_bytes != run.archive_bytes).then_some(ProblemKind::Changed(backup.archive_bytes))
        }
    }
}

/// Returns whether a run made a complete archive of that name.
fn is_complete_of(run: &RunRecord, name: &BackupName) -> bool {
    run.archive
        .as_deref()
        .and_then(ArchiveName::parse)
        .is_some_and(|archive| archive.backup == *name && archive.grade == Grade::Complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::{Flaw, HistoryNote, Outcome};
    use crate::testing::{at, run_record};

    /// A run that made an archive, given as `file bytes`.
    fn run(text: &str, outcome: Outcome) -> RunRecord {
        let (archive, bytes) = text.split_once(' ').expect("file, bytes");
        let record = run_record("docs;16:07;docs").planned(at("2026-03-10 16:07")).outcome(outcome);
        record.archive(archive, bytes.parse().unwrap()).build()
    }

    fn record(text: &str) -> BackupRecord {
        let RunRecord { archive, archive_bytes, ended, .. } = run(text, Outcome::Done);
        BackupRecord { file_name: archive.unwrap(), archive_bytes, finished: ended, sha256: None }
    }

    /// The files, separated by commas; the sealed archive of a run that hasn't ended; the problem of `docs.tar` with 9 bytes,
    /// and the older generation.
    type Case<'a> = (&'a str, &'a str, Option<(ProblemKind, Option<&'a str>)>);

    #[track_caller]
    fn check((files, sealed, expected): Case<'_>) {
        let backups: Vec<_> = files.split(", ").filter(|one| !one.is_empty()).map(record).collect();
        let made = run("docs.tar 9", Outcome::Done);
        let mut notes = vec![HistoryNote::Ended(made.clone())];
        notes.extend((!sealed.is_empty()).then(|| HistoryNote::Sealed(run(sealed, Outcome::Done))));
        let found = archive_problem(&Ledger::new(&notes), &backups, &"docs".parse().unwrap(), &made);
        let found = found.map(|problem| (problem.kind, problem.older));
        let expected = expected.map(|(kind, older)| (kind, older.map(str::to_owned)));
        assert_eq!(found, expected, "{files:?} {sealed:?}");
    }

    #[test]
    fn a_missing_or_changed_archive_is_a_problem() {
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
        let older_files = "docs.2026-03-09T16-07+0000.tar.zst 1, docs.2026-03-09T16-07+0100.tar 9, music.2026-03-10T16-07+0000.tar 1";
        check((older_files, "", Some((ProblemKind::Missing, Some(older)))));
        check((&format!("{older_files}, docs.tar 8"), "", Some((ProblemKind::Changed(8), Some(older)))));
        check((&format!("{older_files}, docs.tar 9"), "", None));
    }

    #[test]
    fn a_flaw_of_an_older_archive_is_told_while_that_exists() {
        let (first, second, newest) =
            ("docs.2026-03-08T16-07+0000.tar", "docs.2026-03-09T16-07+0000.tar", "docs.tar");
        let made = |day: u32, set_aside: Option<&'static str>| {
            let began = at(&format!("2026-03-{day:02} 16:07"));
            let record = run_record("docs;16:07;docs").planned(began).began(began).set_aside(set_aside);
            record.archive(newest, 9).build()
        };
        let runs = [made(8, None), made(9, Some(first)), made(10, Some(second))];
        let flaw = |run: &RunRecord, is_bad: bool| {
            let flaw = is_bad.then(|| Flaw::Damaged("x".to_owned()));
            HistoryNote::Verified(Verification::of(run, newest, at("2026-03-10 17:00"), flaw))
        };
        let mut notes: Vec<_> = runs.iter().cloned().map(HistoryNote::Ended).collect();
        let check = |notes: &[HistoryNote], files: &[&str], expected: &[&str]| {
            let backups: Vec<_> = files.iter().map(|file| record(&format!("{file} 9"))).collect();
            let found = flawed_older(&Ledger::new(notes), &backups, &"docs".parse().unwrap(), &runs[2]);
            let found: Vec<_> = found.iter().map(|archive| archive.file_name.as_str()).collect();
            assert_eq!(found, expected, "{files:?}");
        };
        let all = [newest, second, first];
        check(&notes, &all, &[]);
        notes.extend(runs.iter().map(|run| flaw(run, true)));
        check(&notes, &all, &[second, first]);
        check(&notes, &[newest, first], &[first]);
        check(&notes, &[newest], &[]);
        notes.push(flaw(&runs[1], false));
        check(&notes, &all, &[first]);
    }

    #[test]
    fn a_sealed_archive_that_took_its_place_is_no_problem() {
        check(("docs.tar 8", "docs.tar 8", None));
        check(("docs.tar.zst 5", "docs.tar.zst 5", None));
        check(("docs.tar 9", "docs.tar 8", None));
        check(("docs.tar 7", "docs.tar 8", Some((ProblemKind::Changed(7), None))));
        check(("", "docs.tar 8", Some((ProblemKind::Missing, None))));
        check(("docs.incomplete.tar 8", "docs.incomplete.tar 8", Some((ProblemKind::Missing, None))));
        check(("music.tar 8", "music.tar 8", Some((ProblemKind::Missing, None))));
    }
}
