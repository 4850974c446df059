//! What was found, counted.

use crate::disk::{FileSystem, Journal};
use crate::power::cut::{Cut, Found, Standing};
use crate::report::Report;

const HEAD: &[&str] =
    &["file system", "journal", "scene", "points", "cut", "old intact", "new whole", "LOST", "next run good"];

/// The rows of the table, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: Vec<Row>,
    wrong: Vec<String>,
    /// What was tried again, and why.
    again: Vec<String>,
    left_out: usize,
}

#[derive(Debug)]
struct Row {
    file_system: &'static str,
    journal: &'static str,
    scene: String,
    points: usize,
    cuts: usize,
    old: usize,
    new: usize,
    lost: usize,
    next_run_good: usize,
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.file_system.to_owned(), self.journal.to_owned(), self.scene.clone()];
        let counts = [self.points, self.cuts, self.old, self.new, self.lost, self.next_run_good];
        cells.extend(counts.map(|count| count.to_string()));
        cells
    }
}

impl Tally {
    /// Begins a row.
    pub(super) fn begin(
        &mut self,
        kind: FileSystem,
        journal: Journal,
        scene: impl Into<String>,
        points: usize,
    ) {
        self.rows.push(Row {
            file_system: kind.name(),
            journal: journal.name(),
            scene: scene.into(),
            points,
            cuts: 0,
            old: 0,
            new: 0,
            lost: 0,
            next_run_good: 0,
        });
    }

    /// Adds what was found after a cut to the last row: nothing may be lost.
    pub(super) fn add(&mut self, cut: &Cut, found: Found) {
        let Found { standing, next_run } = found;
        self.count(&standing, next_run.is_ok());
        let lost = if let Standing::Lost(what) = standing { Some(what) } else { None };
        let problems =
            lost.into_iter().chain(next_run.err().map(|problem| format!("the next run: {problem}")));
        let place = self.place();
        self.wrong.extend(problems.map(|problem| format!("{place}, {cut}: {problem}")));
    }

    /// Adds what was found where a sync was taken out to the last row: there a loss is what is wanted, or a run after it
    /// that isn't good. Returns whether there was one.
    pub(super) fn add_blind(&mut self, found: &Found) -> bool {
        self.count(&found.standing, found.next_run.is_ok());
        matches!(found.standing, Standing::Lost(_)) || found.next_run.is_err()
    }

    fn count(&mut self, standing: &Standing, next_run_good: bool) {
        let Some(row) = self.rows.last_mut() else { return };
        row.cuts += 1;
        row.next_run_good += usize::from(next_run_good);
        match standing {
            Standing::Old => row.old += 1,
            Standing::New => row.new += 1,
            Standing::Lost(_) => row.lost += 1,
        }
    }

    /// Returns what the last row is about.
    pub(super) fn place(&self) -> String {
        self.rows
            .last()
            .map(|row| format!("{}, journal {}, {}", row.file_system, row.journal, row.scene))
            .unwrap_or_default()
    }

    /// Notes a cut of the last row that could not be made, or not be looked at.
    pub(super) fn trouble(&mut self, cut: &Cut, trouble: &str) {
        let place = self.place();
        self.wrong.push(format!("{place}, {cut}: the proof itself failed: {trouble}"));
    }

    /// Tells of a cut of the last row that is tried again.
    pub(super) fn tell_again(&mut self, cut: &Cut, trouble: &str) {
        self.again.push(format!("tried again: {}, {cut}: {trouble}", self.place()));
    }

    /// Counts what was left out for lack of time.
    pub(super) fn leave_out(&mut self, cuts: usize) {
        self.left_out += cuts;
    }

    /// Notes something that is wrong.
    pub(super) fn wrong(&mut self, sentence: String) {
        self.wrong.push(sentence);
    }

    /// Returns the table and the verdict.
    pub(super) fn report(self) -> Report {
        let rows = self.rows.iter().map(Row::cells).collect();
        let report = Report::of(HEAD.to_vec(), rows, self.wrong).leaving_out(self.left_out, "cuts");
        Report { story: self.again, ..report }
    }
}
