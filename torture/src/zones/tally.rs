//! What was tried, counted by kind, and what was wrong.

use super::kind::Kind;

/// The numbers of one kind of change.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    zones: u64,
    changes: u64,
    dates: u64,
    cases: u64,
    wrong: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.zones += other.zones;
        self.changes += other.changes;
        self.dates += other.dates;
        self.cases += other.cases;
        self.wrong += other.wrong;
    }

    fn row(&self, title: &str) -> Vec<String> {
        let numbers = [self.zones, self.changes, self.dates, self.cases, self.wrong];
        [title.to_owned()].into_iter().chain(numbers.map(|number| number.to_string())).collect()
    }
}

/// What was tried around one change.
#[derive(Debug, Default)]
pub(super) struct Tried {
    pub(super) dates: u64,
    pub(super) cases: u64,
    pub(super) wrong: Vec<String>,
}

/// Everything that was tried.
#[derive(Debug, Default)]
pub(super) struct Tally {
    kinds: [Counts; Kind::ALL.len()],
    machine: Counts,
    failures: Vec<String>,
}

/// How many sentences are kept: a core that is wrong everywhere must not fill the memory with them.
const MOST_KEPT: usize = 100_000;

impl Tally {
    /// Takes in what was tried around a change; `is_first` says that it is the zone's first of this kind.
    pub(super) fn take(&mut self, kind: Kind, is_first: bool, tried: Tried) {
        self.kinds[kind as usize].add(Counts {
            zones: is_first.into(),
            changes: 1,
            dates: tried.dates,
            cases: tried.cases,
            wrong: tried.wrong.len() as u64,
        });
        self.keep(tried.wrong);
    }

    /// Takes in what the machine's clock was asked in one zone.
    pub(super) fn take_machine(&mut self, changes: u64, tried: Tried) {
        let wrong = tried.wrong.len() as u64;
        self.machine.add(Counts { zones: 1, changes, dates: 0, cases: tried.cases, wrong });
        self.keep(tried.wrong);
    }

    /// Takes in a zone that couldn't be tried.
    pub(super) fn fail(&mut self, reason: String) {
        self.keep(vec![reason]);
    }

    /// Takes in all that is in another.
    pub(super) fn add(&mut self, other: Self) {
        self.kinds.iter_mut().zip(other.kinds).for_each(|(mine, its)| mine.add(its));
        self.machine.add(other.machine);
        self.keep(other.failures);
    }

    /// Returns how many changes of a kind were tried.
    pub(super) fn changes(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize].changes
    }

    /// Returns what was wrong, in the order of the zones' names.
    pub(super) fn wrong(&self) -> Vec<String> {
        let mut wrong = self.failures.clone();
        wrong.sort();
        wrong
    }

    /// Returns the titles of the columns.
    pub(super) fn head() -> Vec<&'static str> {
        vec!["change", "zones", "changes", "dates", "cases", "wrong"]
    }

    /// Returns a row for each kind, for all of them under that title, and for the machine's clock.
    pub(super) fn rows(&self, title: &str) -> Vec<Vec<String>> {
        let mut all = Counts::default();
        self.kinds.iter().for_each(|counts| all.add(*counts));
        // A zone has changes of many kinds, and each has been at rest once.
        all.zones = self.kinds[Kind::Rest as usize].zones;
        all.changes -= self.kinds[Kind::Rest as usize].changes;
        let kinds = Kind::ALL.iter().zip(self.kinds).map(|(kind, counts)| counts.row(&kind.to_string()));
        kinds.chain([all.row(title), self.machine.row("the machine's clock")]).collect()
    }

    fn keep(&mut self, wrong: Vec<String>) {
        let room = MOST_KEPT.saturating_sub(self.failures.len());
        self.failures.extend(wrong.into_iter().take(room));
    }
}
