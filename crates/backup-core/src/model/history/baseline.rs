//! Baseline: what the runs of one backup saw of its source, as far as later runs are compared with it.

use chrono::Utc;

use crate::model::archive::SourceProfile;
use crate::model::history::anomaly::Anomaly;
use crate::model::history::run_record::RunRecord;
use crate::time::Moment;

/// What one good run saw of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLevel {
    /// When the run began.
    pub began: Moment,
    /// The entries in its archive.
    pub entries: u64,
    /// What it saw of the files, if it looked at that.
    pub profile: Option<SourceProfile>,
}

/// The largest share of the files that had changed at any run of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayChange {
    /// The day in UTC, as its number since 1970.
    pub day: i64,
    /// The share in thousandths.
    pub permille: u16,
}

/// A hold: nothing of a backup is removed until a person accepts what is suspicious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// When the run began that is suspicious. It is the first one of the hold.
    pub began: Moment,
    /// When it ended: since then, nothing is removed.
    pub since: Moment,
    /// What is suspicious.
    pub anomalies: Vec<Anomaly>,
    /// The file name that the archive before it got, if there was one.
    pub before: Option<String>,
    /// What the newest run of the hold saw: later runs are compared with that once it is accepted.
    pub latest: SourceLevel,
}

/// What the good runs of one backup saw of its source. The runs of a hold aren't in it before they are accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The source as the schedule calls it. The runs of another source don't count.
    pub source: String,
    /// The newest runs, oldest first: at most [`Baseline::LEVELS`].
    pub levels: Vec<SourceLevel>,
    /// The newest days with runs, in the order of these: at most [`Baseline::DAYS`]. The runs of a hold are among them.
    pub changes: Vec<DayChange>,
    /// The hold, if there is one.
    pub hold: Option<Hold>,
    /// The file names of the archives that would have been replaced without a hold, and that weren't removed since.
    pub kept: Vec<String>,
}

impl Baseline {
    /// The most runs that later ones are compared with.
    pub const LEVELS: usize = 3;

    /// The most days on which runs took place for which it is known how much had changed.
    pub const DAYS: usize = 35;

    /// A source with fewer entries is too small to be suspicious.
    pub const LEAST_ENTRIES: u64 = 20;

    /// Returns what the newest good run saw, whether there is a hold or not.
    #[must_use]
    pub fn latest(&self) -> Option<&SourceLevel> {
        self.hold.as_ref().map(|hold| &hold.latest).or(self.levels.last())
    }

    /// Takes in how a run ended that made an archive. Taking in all runs once more changes nothing.
    pub(super) fn end(&mut self, run: &RunRecord) {
        let source = source_in(&run.key.entry);
        if self.source != source {
            (self.levels, self.changes) = (Vec::new(), Vec::new());
            source.clone_into(&mut self.source);
        }
        let level = SourceLevel { began: run.began, entries: run.entries, profile: run.profile };
        self.levels.retain(|known| known.began != level.began);
        self.add_change(&level);
        match &mut self.hold {
            Some(hold) => hold.latest = level,
            None if run.anomalies.is_empty() => self.add_level(level),
            None => self.hold = Some(begin_hold(run, level)),
        }
        if run.kept_by_hold {
            let aside = run.set_aside.iter().filter(|aside| !self.kept.contains(aside));
            self.kept.extend(aside.cloned().collect::<Vec<_>>());
        }
    }

    /// Takes in that a person accepted what is suspicious.
    pub(super) fn accept(&mut self) {
        if let Some(hold) = self.hold.take() {
            self.levels = vec![hold.latest];
        }
    }

    /// Takes in that an archive was removed. Returns whether that makes a difference.
    pub(super) fn remove(&mut self, archive: &str) -> bool {
        let before = self.kept.len();
        self.kept.retain(|kept| kept != archive);
        self.kept.len() < before
    }

    fn add_level(&mut self, level: SourceLevel) {
        self.levels.push(level);
        if self.levels.len() > Self::LEVELS {
            self.levels.remove(0);
        }
    }

    /// Takes in how much had changed since the run before.
    fn add_change(&mut self, level: &SourceLevel) {
        let before = self.latest().and_then(|before| before.profile).map_or(0, |profile| profile.files);
        let changed = level.profile.and_then(|profile| profile.changed_of(before));
        let Some(changed) = changed.filter(|_| before > 0) else { return };
        let day = level.began.with_timezone(&Utc).timestamp().div_euclid(DAY_SECONDS);
        let permille = u16::try_from(u128::from(changed) * 1_000 / u128::from(before)).unwrap_or(1_000);
        let same_day = self.changes.iter().position(|change| change.day == day);
        let known = same_day.map_or(0, |position| self.changes.remove(position).permille);
        self.changes.push(DayChange { day, permille: permille.max(known) });
        if self.changes.len() > Self::DAYS {
            self.changes.remove(0);
        }
    }
}

const DAY_SECONDS: i64 = 24 * 60 * 60;

fn begin_hold(run: &RunRecord, latest: SourceLevel) -> Hold {
    let (anomalies, before) = (run.anomalies.clone(), run.set_aside.clone());
    Hold { began: run.began, since: run.ended, anomalies, before, latest }
}

/// Returns the source in an entry's identity, `folder;time;name`.
fn source_in(identity: &str) -> &str {
    identity.rsplitn(3, ';').nth(2).unwrap_or(identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    fn run(began: &str, changed: Option<u64>) -> RunRecord {
        let mut profile = SourceProfile::begin(changed.is_some());
        (profile.files, profile.changed_files) = (100, changed);
        let run =
            run_record("docs;16:07;docs").began(at(began)).archive("docs.tar", 1).entries(110, 0).build();
        RunRecord { profile: Some(profile), ..run }
    }

    fn suspicious(began: &str) -> RunRecord {
        let anomalies = vec![Anomaly::FilesChanged { before: 100, changed: 90 }];
        let set_aside = Some("docs.2026-03-01T16-07+0000.tar".to_owned());
        RunRecord { anomalies, set_aside, kept_by_hold: true, ..run(began, Some(90)) }
    }

    fn of(runs: &[RunRecord]) -> Baseline {
        let mut baseline = Baseline::default();
        runs.iter().for_each(|run| baseline.end(run));
        baseline
    }

    fn began(baseline: &Baseline) -> Vec<String> {
        baseline.levels.iter().map(|level| level.began.format("%d").to_string()).collect()
    }

    #[test]
    fn the_newest_runs_count() {
        let runs: Vec<_> =
            (1..=5).map(|day| run(&format!("2026-03-0{day} 16:07"), (day > 1).then_some(day))).collect();
        let baseline = of(&runs);
        assert_eq!(began(&baseline), ["03", "04", "05"]);
        assert_eq!(baseline.latest().map(|level| level.began), Some(at("2026-03-05 16:07")));
        let mut twice = of(&runs);
        runs.iter().for_each(|run| twice.end(run));
        assert_eq!(twice, baseline, "taking them in twice changes nothing");
    }

    #[test]
    fn of_each_day_the_largest_share_counts() {
        let runs = [
            run("2026-03-01 16:07", None),
            run("2026-03-02 08:00", Some(1)),
            run("2026-03-02 12:00", Some(30)),
            run("2026-03-02 16:00", Some(2)),
            run("2026-03-05 16:00", Some(0)),
        ];
        let shares: Vec<_> = of(&runs).changes.iter().map(|change| change.permille).collect();
        assert_eq!(shares, [300, 0]);
    }

    #[test]
    fn only_so_many_days_count() {
        let first = at("2026-03-01 16:07");
        let mut baseline = Baseline::default();
        for day in 0..100 {
            let began = first + chrono::TimeDelta::days(day);
            baseline.end(&RunRecord { began, ..run("2026-03-01 16:07", Some(u64::from(day == 64))) });
        }
        assert_eq!(baseline.changes.len(), Baseline::DAYS);
        assert_eq!(baseline.changes.iter().map(|change| change.permille).max(), Some(0));
    }

    #[test]
    fn the_runs_of_a_hold_count_once_they_are_accepted() {
        let runs = [
            run("2026-03-01 16:07", None),
            run("2026-03-02 16:07", Some(1)),
            suspicious("2026-03-03 16:07"),
            run("2026-03-04 16:07", Some(0)),
            suspicious("2026-03-05 16:07"),
        ];
        let mut baseline = of(&runs);
        assert_eq!(began(&baseline), ["01", "02"]);
        let hold = baseline.hold.clone().unwrap();
        assert_eq!((hold.began, hold.latest.began), (at("2026-03-03 16:07"), at("2026-03-05 16:07")));
        assert_eq!(baseline.kept, ["docs.2026-03-01T16-07+0000.tar"]);
        baseline.accept();
        assert_eq!((began(&baseline), &baseline.hold), (vec!["05".to_owned()], &None));
        assert_eq!(baseline.changes.iter().map(|change| change.permille).max(), Some(900));
        assert!(!baseline.remove("docs.tar"));
        assert!(baseline.remove("docs.2026-03-01T16-07+0000.tar"));
        assert_eq!(baseline.kept, Vec::<String>::new());
    }

    #[test]
    fn the_runs_of_another_source_do_not_count() {
        let mut baseline = of(&[run("2026-03-01 16:07", None), run("2026-03-02 16:07", Some(50))]);
        let mut other = run("2026-03-03 16:07", Some(1));
        other.key.entry = "a;b;16:07;docs".to_owned();
        baseline.end(&other);
        assert_eq!((baseline.source.as_str(), began(&baseline)), ("a;b", vec!["03".to_owned()]));
        assert_eq!(baseline.changes, []);
        other.began = at("2026-03-04 16:07");
        other.key.entry = "a;b;03:00;docs".to_owned();
        baseline.end(&other);
        assert_eq!(began(&baseline), ["03", "04"], "another time is the same source");
    }
}
