//! The proof that every failure of an operation is reported, costs no old backup, and is over once its cause is: tried
//! through ports that fail, in one process.
//!
//! Where the schedules keep generations, these stand whatever fails, and are exactly those of the rules after two good
//! runs. Where archives share blocks, that is tried on a real disk, over ports that fail in front of the real ones.

mod failing;
mod generations;
mod machine;
mod point;
mod sharing;

use std::collections::BTreeMap;
use std::thread;

use crate::part::Scale;
use crate::programs::Programs;
use crate::report::Report;
use crate::tally::Tally;
use point::{OPERATIONS, Point, Trial};

/// What came of the points of one operation.
#[derive(Debug, Default)]
struct Row {
    points: usize,
    named: usize,
    kept: usize,
    good_after: usize,
    left_over: usize,
}

/// Tries the points of that scale. A disk is waited for while those in memory are tried.
///
/// # Errors
/// What kept the proof from its end.
pub(crate) fn faults(programs: &Programs, scale: Scale) -> Result<Report, String> {
    thread::scope(|scope| {
        let sharing = scope.spawn(|| sharing::try_sharing(programs, scale));
        let mut report = in_memory(scale);
        let shared = sharing.join().unwrap_or_else(|_| Err("a thread broke off".to_owned()))?;
        report.add(shared);
        Ok(Report::of(HEAD.to_vec(), report.rows, report.wrong))
    })
}

const HEAD: [&str; 6] =
    ["operation", "points tried", "error named", "old backup intact", "next run good", "left over"];

/// What was found so far.
struct Found {
    rows: Vec<Vec<String>>,
    wrong: Vec<String>,
}

impl Found {
    fn add(&mut self, shared: Result<Tally, String>) {
        match shared {
            // What is left over is wrong, and listed there.
            Ok(tally) => {
                self.rows.extend(tally.rows_alone(HEAD.len() - 1));
                self.wrong.extend(tally.wrong);
            }
            Err(reason) => self.rows.push(vec![format!("CAN'T RUN HERE, sharing: {reason}")]),
        }
    }
}

fn in_memory(scale: Scale) -> Found {
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    let mut wrong = Vec::new();
    // A part of them is spread over all of them, and holds each operation.
    let step = if scale == Scale::Small { 37 } else { 1 };
    for (number, point) in Point::all().enumerate() {
        if number % step != 0 && rows.contains_key(point.operation) {
            continue;
        }
        let trial = point.try_out();
        let row = rows.entry(point.operation).or_default();
        row.points += 1;
        row.named += usize::from(trial.is_named);
        row.kept += usize::from(trial.is_kept);
        row.good_after += usize::from(trial.is_good_after);
        row.left_over += trial.left_over;
        wrong.extend(problem(&point, &trial));
    }
    let never = OPERATIONS.iter().filter(|operation| !rows.contains_key(*operation));
    wrong.extend(never.map(|operation| format!("nothing tried {operation}")));
    let cells = |(operation, row): (&'static str, Row)| {
        let counts = [row.points, row.named, row.kept, row.good_after, row.left_over];
        std::iter::once(operation.to_owned()).chain(counts.map(|count| count.to_string())).collect()
    };
    Found { rows: rows.into_iter().map(cells).collect(), wrong }
}

fn problem(point: &Point, trial: &Trial) -> Option<String> {
    let problems = [
        (trial.panic.is_some(), "it panicked"),
        (!trial.is_named, "no error names the place"),
        (!trial.is_kept, "the old backup was touched"),
        (!trial.is_good_after, "the next run was not good"),
        (trial.left_over > 0, "drafts were left over"),
    ];
    let told: Vec<_> = problems.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect();
    let panic = trial.panic.as_deref().unwrap_or_default();
    (!told.is_empty())
        .then(|| format!("{point}: {} {panic}\n    {}", told.join(", "), trial.said.join("\n    ")))
}
