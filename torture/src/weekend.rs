//! The proof of the service: the real program through weekends that change the clocks, a thousand times as fast.

mod course;
mod faketime;
mod plan;
mod verdict;

use std::thread;

use crate::part::Scale;
use crate::programs::Programs;
use crate::report::Report;
use course::Course;
use faketime::Faketime;
use plan::Weekend;

/// Runs the service through the weekends, all at once, and compares the runs it made with those that it owed.
#[must_use]
pub fn prove_weekends(programs: &Programs, scale: Scale) -> Report {
    let faketime = match Faketime::find() {
        Ok(faketime) => faketime,
        Err(reason) => return Report::cannot_run(reason),
    };
    let weekends = match plan::weekends() {
        Ok(weekends) => weekends,
        Err(line) => {
            return Report::of(Vec::new(), Vec::new(), vec![format!("the plan can't be read: {line}")]);
        }
    };
    let chosen: Vec<&Weekend> =
        weekends.iter().filter(|weekend| weekend.is_small == (scale == Scale::Small)).collect();
    let lived = live(&chosen, programs, &faketime);
    let mut wrong = Vec::new();
    let rows = chosen.iter().zip(lived).map(|(weekend, lived)| row(weekend, lived, &mut wrong)).collect();
    Report::of(vec!["weekend", "owed", "made", "latest began after", "wrong"], rows, wrong)
}

fn live(weekends: &[&Weekend], programs: &Programs, faketime: &Faketime) -> Vec<Result<Course, String>> {
    thread::scope(|scope| {
        let live = |weekend| scope.spawn(move || Course::of(weekend, programs, faketime));
        let threads: Vec<_> = weekends.iter().copied().map(live).collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended.map(|ended| ended.unwrap_or_else(|_| Err("a defect in the proof".to_owned()))).collect()
    })
}

fn row(weekend: &Weekend, lived: Result<Course, String>, wrong: &mut Vec<String>) -> Vec<String> {
    let (made, latest, found) = match lived.and_then(|course| verdict::judge(weekend, &course)) {
        Ok(verdict) => (verdict.made.to_string(), format!("{} s", verdict.latest_seconds), verdict.wrong),
        Err(reason) => ("-".to_owned(), "-".to_owned(), vec![reason]),
    };
    let count = found.len().to_string();
    wrong.extend(found.into_iter().map(|found| format!("{}: {found}", weekend.title)));
    vec![weekend.title.clone(), weekend.owed.len().to_string(), made, latest, count]
}
