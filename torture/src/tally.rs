//! Trying many points in a few homes at once, and counting what came of them.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::arena::Arena;
use crate::budget::{Budget, spread_order};
use crate::lane::Lane;

/// How many homes are tried in at once.
const LANES: usize = 2;

/// What came of the points: how often each column of each row, and what was wrong.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    rows: BTreeMap<String, Vec<usize>>,
    /// How many points were left out for lack of time.
    pub(crate) left_out: usize,
    /// A sentence for each wrong point.
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    /// Counts one in a column of a row.
    pub(crate) fn count(&mut self, row: &str, column: usize) {
        let cells = self.rows.entry(row.to_owned()).or_default();
        cells.resize(cells.len().max(column + 1), 0);
        cells[column] += 1;
    }

    /// Returns the rows with that many columns, and their sum.
    pub(crate) fn rows(&self, columns: usize) -> Vec<Vec<String>> {
        let mut rows = self.rows_alone(columns);
        let sum = |column| self.rows.values().map(|cells| cell(cells, column)).sum();
        rows.push(row("all", columns, sum));
        rows
    }

    /// Returns the rows with that many columns.
    pub(crate) fn rows_alone(&self, columns: usize) -> Vec<Vec<String>> {
        self.rows.iter().map(|(title, cells)| row(title, columns, |column| cell(cells, column))).collect()
    }
}

fn cell(cells: &[usize], column: usize) -> usize {
    cells.get(column).copied().unwrap_or(0)
}

fn row(title: &str, columns: usize, cell: impl Fn(usize) -> usize) -> Vec<String> {
    [title.to_owned()].into_iter().chain((0..columns).map(|column| cell(column).to_string())).collect()
}

/// Tries `points` until the budget is spent, each in one of some lanes of the arena, whose names begin so. Those left out
/// are counted.
pub(crate) fn try_all<P: Sync>(
    arena: &Arena,
    name: &str,
    points: &[P],
    budget: Budget,
    tally: &Mutex<Tally>,
    attempt: impl Fn(&Lane<'_>, &P, &Mutex<Tally>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let work = |lane: Lane<'_>| -> io::Result<()> {
        while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
            if budget.is_spent() {
                locked(tally).left_out += 1;
            } else {
                attempt(&lane, point, tally)?;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|number| {
                let work = &work;
                scope.spawn(move || work(Lane::new(arena, &format!("{name}{number}"))?))
            })
            .collect();
        lanes
            .into_iter()
            .try_for_each(|lane| lane.join().unwrap_or_else(|_| Err(io::Error::other("a lane broke off"))))
    })
}

/// Returns the points with those first that must not be left out, and the others in an order of which every beginning is
/// spread over all of them.
pub(crate) fn first_of_all<T>(points: Vec<T>, must: impl Fn(&T) -> bool) -> Vec<T> {
    let (must, others) = points.into_iter().partition::<Vec<_>, _>(must);
    must.into_iter().chain(spread_order(others)).collect()
}

/// Returns at most `most` of these, spread evenly.
pub(crate) fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

/// Locks the tally.
pub(crate) fn locked(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
