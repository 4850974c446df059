//! Two lines of edits of one schedules file.
//!
//! Each line adds schedules with names of its own, one after another, and removes the first of the file after every
//! fourth. What is added stands at the end, so of each line's schedules a last part must remain, in order, and as many
//! altogether as were added and not removed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::thread;

use super::Place;
use crate::programs::Programs;

/// After so many additions one is removed.
const ADDED_PER_REMOVAL: usize = 4;

const LINES: [&str; 2] = ["left", "right"];

/// What one line of edits did.
#[derive(Debug, Default)]
struct Done {
    added: Vec<String>,
    removed: usize,
    wrong: Vec<String>,
}

/// Edits in two lines at once, and compares what stands with what was done.
pub(super) fn mixed(
    programs: &Programs,
    additions: usize,
    wrong: &mut Vec<String>,
) -> Result<String, String> {
    let place = Place::new(programs).map_err(|error| error.to_string())?;
    let done = thread::scope(|scope| {
        let place = &place;
        LINES
            .map(|line| scope.spawn(move || edit(place, line, additions)))
            .map(thread::ScopedJoinHandle::join)
    });
    let mut lines = Vec::new();
    for one in done {
        lines.push(one.map_err(|_| "a line broke off")?.map_err(|error| error.to_string())?);
    }
    let text =
        fs::read_to_string(place.home().join("backup_schedules.txt")).map_err(|error| error.to_string())?;
    wrong.extend(lines.iter().flat_map(|line| line.wrong.clone()));
    wrong.extend(compare(&text, &lines));
    let (added, removed): (usize, usize) =
        (lines.iter().map(|line| line.added.len()).sum(), lines.iter().map(|line| line.removed).sum());
    Ok(format!("{added} added, {removed} removed, {} stand", text.lines().count()))
}

fn edit(place: &Place, line: &str, additions: usize) -> io::Result<Done> {
    let mut done = Done::default();
    for number in 1..=additions {
        let schedule = format!("{line}{number};16:07;{line}{number}");
        let added = place.run(line, &["create", &schedule])?;
        if added.is_done() {
            done.added.push(schedule);
        } else {
            done.wrong.push(added.told());
        }
        if number % ADDED_PER_REMOVAL == 0 {
            let removed = place.run(line, &["delete", "0"])?;
            if removed.is_done() { done.removed += 1 } else { done.wrong.push(removed.told()) }
        }
    }
    Ok(done)
}

fn compare(text: &str, lines: &[Done]) -> Vec<String> {
    let standing: Vec<&str> = text.lines().collect();
    let mut wrong = Vec::new();
    let expected = lines.iter().map(|line| line.added.len()).sum::<usize>()
        - lines.iter().map(|line| line.removed).sum::<usize>();
    if standing.len() != expected {
        wrong.push(format!("{} schedules stand, not {expected}", standing.len()));
    }
    if standing.iter().collect::<BTreeSet<_>>().len() != standing.len() {
        wrong.push("a schedule stands twice".to_owned());
    }
    for line in lines {
        let left: Vec<&str> = standing
            .iter()
            .copied()
            .filter(|schedule| line.added.iter().any(|added| added == schedule))
            .collect();
        if !line.added.iter().map(String::as_str).collect::<Vec<_>>().ends_with(&left) {
            wrong.push(format!("of one line {} stand, which are not its last ones", left.len()));
        }
    }
    let is_known =
        |schedule: &&str| lines.iter().any(|line| line.added.iter().any(|added| added == schedule));
    wrong.extend(
        standing.iter().filter(|schedule| !is_known(schedule)).map(|one| format!("nobody added {one}")),
    );
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, is_right: bool) {
        let line = |names: &[&str], removed| Done {
            added: names.iter().map(ToString::to_string).collect(),
            removed,
            wrong: Vec::new(),
        };
        let wrong = compare(text, &[line(&["a", "b", "c"], 1), line(&["x", "y"], 1)]);
        assert_eq!(wrong.is_empty(), is_right, "{text:?}: {wrong:?}");
    }

    #[test]
    fn knows_what_may_stand() {
        check("c\nx\ny\n", true);
        check("b\nc\ny\n", true);
        check("b\nc\nx\ny\n", false);
        check("a\nc\ny\n", false);
        check("c\nb\ny\n", false);
        check("c\nc\ny\n", false);
        check("c\nz\ny\n", false);
        check("c\ny\n", false);
    }
}
