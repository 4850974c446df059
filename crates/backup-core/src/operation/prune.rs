//! The older generations of a backup: which stay, and which go.

use std::collections::HashMap;

use crate::model::archive::{ArchiveName, BackupName, BackupRecord};
use crate::model::error::PortError;
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Ledger, Outcome, RunRecord};
use crate::model::schedule::{KeepRules, ScheduleEntry};
use crate::operation::checksums::update_checksum_list;
use crate::operation::history_cache::HistoryCache;
use crate::operation::recovery::is_archive_of;
use crate::policy::retention::{Generation, Retention, Trust, paused, plan, wrong_dates};
use crate::ports::Ports;
use crate::time::Moment;

/// A generation that exists, and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruneDecision {
    /// The run that made it.
    pub run: RunRecord,
    /// Its archive's file name now.
    pub file_name: String,
    /// Whether it stays, and why.
    pub verdict: Retention,
}

/// Returns every generation of a backup that exists and that the history knows, oldest first, and what happens to it.
///
/// Other files are never among them, whatever their names are. A file of another size than the history tells is another
/// file, and so is one that another run made.
///
/// # Errors
/// A failure to list the backups.
pub fn prune_decisions(
    ports: &Ports<'_>,
    ledger: &Ledger,
    name: &BackupName,
    rules: &KeepRules,
) -> Result<Vec<PruneDecision>, PortError> {
    Ok(decisions(ports, (ledger, &ports.backups.list()?), name, rules, None))
}

/// Returns the file names of the archives that the rules would remove after one more backup, which is made at `next`.
///
/// `known` is what the history knows then, and the backups that exist, without that one.
pub(crate) fn would_go(
    ports: &Ports<'_>,
    known: (&Ledger, &[BackupRecord]),
    name: &BackupName,
    rules: &KeepRules,
    next: Moment,
) -> Vec<String> {
    let decisions = decisions(ports, known, name, rules, Some(next)).into_iter();
    decisions.filter(|one| one.verdict == Retention::Goes).map(|one| one.file_name).collect()
}

fn decisions(
    ports: &Ports<'_>,
    (ledger, listed): (&Ledger, &[BackupRecord]),
    name: &BackupName,
    rules: &KeepRules,
    next: Option<Moment>,
) -> Vec<PruneDecision> {
    let listed: HashMap<_, _> = listed.iter().map(|backup| (backup.file_name.as_str(), backup)).collect();
    let exists = |(file_name, run): &(&str, &RunRecord)| {
        listed.get(file_name).is_some_and(|backup| is_archive_of(ports, backup, run))
    };
    let known: Vec<_> = ledger.generations(name).into_iter().filter(exists).collect();
    let wrong = wrong_dates(&ledger.timeline(name));
    let generation = |(file_name, run): &(&str, &RunRecord)| Generation {
        made_for: run.made_for(),
        has_wrong_date: wrong.iter().any(|orders| orders.contains(&ledger.order(file_name))),
        trust: trust(ledger, run),
    };
    let next = next.map(|made_for| Generation { made_for, has_wrong_date: false, trust: Trust::Good });
    let verdicts = plan(&known.iter().map(generation).chain(next).collect::<Vec<_>>(), rules);
    let decision = |((file_name, run), verdict): ((&str, &RunRecord), Retention)| PruneDecision {
        run: run.clone(),
        file_name: file_name.to_owned(),
        verdict,
    };
    known.into_iter().zip(verdicts).map(decision).collect()
}

fn trust(ledger: &Ledger, run: &RunRecord) -> Trust {
    if ledger.flaw_of(run).is_some() {
        return Trust::VerifyFailed;
    }
    if ledger.has_failed_drill(run) {
        return Trust::DrillFailed;
    }
    // One that was found by its name alone may be anything.
    if run.outcome.is_good() && run.knows_its_archive() { Trust::Good } else { Trust::Doubtful }
}

/// Why it is tidied up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A run ended like this.
    Run(Outcome),
    /// A person asked for it.
    ByHand,
}

/// What tidying up came to.
#[derive(Debug, Default)]
pub(crate) struct Tidied {
    /// The file names of what was removed.
    pub(crate) removed: Vec<String>,
    /// What there is to say.
    pub(crate) events: Vec<Event>,
}

/// Removes the older generations of `entry` that no rule keeps, and lists the checksums of what exists.
///
/// After a run, that depends on how it ended: nothing is removed unless it was good, and nothing is done at all unless
/// it made an archive. While pruning is paused, only a person's request removes anything, and it ends the pause. While the
/// backup is held, nothing is removed at all.
///
/// Without rules, what only a hold had kept goes once that has ended.
///
/// Goes by what the history holds now, including the notes of other processes: otherwise an archive whose drill failed
/// meanwhile would pass for a good one. If the history can't be read, nothing is removed.
pub(crate) fn tidy_up(
    ports: &Ports<'_>,
    history: &mut HistoryCache<'_>,
    entry: &ScheduleEntry,
    occasion: Occasion,
) -> Tidied {
    let mut tidied = Tidied::default();
    let is_good = match occasion {
        Occasion::Run(outcome) => outcome.is_good(),
        Occasion::ByHand => true,
    };
    // A run that failed may have put an archive in its place all the same.
    let is_made = history.ledger().last_run(entry).is_some_and(|run| run.archive.is_some());
    if !is_good && !is_made {
        return tidied;
    }
    match (history.refresh(), entry.options().keep()) {
        (Err(error), _) => tidied.events.push(Event::Failed(error.into())),
        (Ok(_), _) if !is_good || history.ledger().hold(entry.name()).is_some() => {}
        (Ok(_), Some(rules)) => tidied = prune(ports, history, (entry.name(), rules), occasion),
        (Ok(_), None) => tidied = release(ports, history, entry.name()),
    }
    if let Err(error) = update_checksum_list(ports, history) {
        tidied.events.push(Event::Failed(error.into()));
    }
    tidied
}

/// Removes what no rule keeps, unless pruning is paused, and notes it.
///
/// The notes are written before the checksums, so that another process that lists checksums at the same time hears of it.
fn prune(
    ports: &Ports<'_>,
    history: &mut HistoryCache<'_>,
    (name, rules): (&BackupName, &KeepRules),
    occasion: Occasion,
) -> Tidied {
    let is_paused = paused(&history.ledger().timeline(name)).is_some();
    if is_paused && occasion != Occasion::ByHand {
        return Tidied::default();
    }
    let mut removed = Vec::new();
    let pruned = remove(ports, history.ledger(), name, rules, &mut removed);
    let at = ports.clock.now();
    let notes = removed.iter().map(|archive| HistoryNote::Pruned { archive: archive.clone(), at });
    let resumed = is_paused.then(|| HistoryNote::Resumed { name: name.to_string(), at });
    notes.chain(resumed).for_each(|note| history.note(note));
    let said =
        (!removed.is_empty()).then(|| Event::Pruned { keep: rules.to_string(), archives: removed.clone() });
    let failed = pruned.err().map(|error| Event::Failed(error.into()));
    Tidied { removed, events: said.into_iter().chain(failed).collect() }
}

/// Removes what only a hold had kept, and notes it. Nothing goes unless the newest archive is good.
fn release(ports: &Ports<'_>, history: &mut HistoryCache<'_>, name: &BackupName) -> Tidied {
    let ledger = history.ledger();
    let is_kept = ledger.baseline(name).is_some_and(|baseline| !baseline.kept.is_empty());
    if !is_kept {
        return Tidied::default();
    }
    let (gone, failed) = match ports.backups.list() {
        Ok(listed) => remove_all(ports, &releasable(ports, (ledger, &listed), name)),
        Err(error) => (Vec::new(), Some(error)),
    };
    let at = ports.clock.now();
    gone.iter().for_each(|archive| history.note(HistoryNote::Pruned { archive: archive.clone(), at }));
    let said = (!gone.is_empty()).then(|| Event::Released(gone.clone()));
    let failed = failed.map(|error| Event::Failed(error.into()));
    Tidied { removed: gone, events: said.into_iter().chain(failed).collect() }
}

/// Returns the archives that only a hold keeps or had kept, if they are what was made and the newest one is good. One that is not
/// known to be good isn't among them.
fn releasable(
    ports: &Ports<'_>,
    (ledger, listed): (&Ledger, &[BackupRecord]),
    name: &BackupName,
) -> Vec<BackupRecord> {
    let Some(baseline) = ledger.baseline(name) else { return Vec::new() };
    let good = |file_name: &str| {
        let run = ledger.made(file_name).filter(|run| trust(ledger, run) == Trust::Good)?;
        listed.iter().find(|backup| backup.file_name == file_name && is_archive_of(ports, backup, run))
    };
    let newest = ledger.current_archives(name).complete.and_then(|run| run.archive.as_deref());
    if newest.and_then(good).is_none() {
        return Vec::new();
    }
    baseline.kept.iter().filter_map(|file_name| good(file_name)).cloned().collect()
}

/// Returns the archives that would be removed now if there were no hold: those that the rules don't keep or, without rules,
/// those that would have been replaced.
pub(crate) fn kept_only_by_hold(
    ports: &Ports<'_>,
    (ledger, listed): (&Ledger, &[BackupRecord]),
    name: &BackupName,
    rules: Option<&KeepRules>,
) -> Vec<BackupRecord> {
    let Some(rules) = rules else { return releasable(ports, (ledger, listed), name) };
    let goes = decisions(ports, (ledger, listed), name, rules, None).into_iter();
    let goes: Vec<_> = goes.filter(|one| one.verdict == Retention::Goes).map(|one| one.file_name).collect();
    listed.iter().filter(|backup| goes.contains(&backup.file_name)).cloned().collect()
}

/// Removes archives that have dated names. Returns the names of those that are gone, and the first failure.
fn remove_all(ports: &Ports<'_>, archives: &[BackupRecord]) -> (Vec<String>, Option<PortError>) {
    let mut gone = Vec::new();
    let dated = archives.iter().filter_map(|backup| ArchiveName::parse(&backup.file_name));
    for archive in dated.filter(|archive| archive.stamp.is_some()) {
        if let Err(error) = ports.backups.remove(&archive) {
            return (gone, Some(error));
        }
        gone.push(archive.to_string());
    }
    (gone, None)
}

/// Removes what no rule keeps. The archive with the backup's own name never goes.
///
/// # Errors
/// The first failure. What was removed before it is in `removed` all the same.
fn remove(
    ports: &Ports<'_>,
    ledger: &Ledger,
    name: &BackupName,
    rules: &KeepRules,
    removed: &mut Vec<String>,
) -> Result<(), PortError> {
    for gone in
        prune_decisions(ports, ledger, name, rules)?.into_iter().filter(|one| one.verdict == Retention::Goes)
    {
        let Some(archive) = ArchiveName::parse(&gone.file_name).filter(|archive| archive.stamp.is_some())
        else {
            continue;
        };
        ports.backups.remove(&archive)?;
        removed.push(gone.file_name);
    }
    Ok(())
}
