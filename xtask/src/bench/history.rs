//! What a long history costs the commands that read it: twice the runs must take no more than twice the time.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::bench::arena::Arena;
use crate::bench::measure::{self, Cost};
use crate::bench::options::Options;
use crate::bench::table;
use crate::bench::tools::Toolbox;
use crate::bench::trees::Scale;
use crate::bench::work::Work;
use crate::failure::{Failure, Outcome};
use crate::out;

const LEGEND: &str = "\
Processor time and peak memory of one command, by the number of runs that the history tells of. Where they double, the \
time must double at most.";

const COMMANDS: [&[&str]; 5] = [
    &["list"],
    &["status"],
    &["history", "x0", "--json"],
    &["why", "x0", "2000-01-02"],
    &["prune", "x0", "--dry-run"],
];

/// How many schedules there are, and how many runs of each.
const FULL: [(u32, u32); 5] = [(1, 10_000), (1, 20_000), (1, 40_000), (250, 40), (1_000, 40)];
const QUICK: [(u32, u32); 2] = [(1, 100), (10, 10)];

/// Returns the table.
pub(crate) fn show(arena: &Arena, toolbox: &Toolbox, options: &Options) -> Outcome<String> {
    let sizes: &[_] = if options.scale() == Scale::Quick { &QUICK } else { &FULL };
    let mut head = vec!["schedules × runs".to_owned()];
    head.extend(COMMANDS.map(|command| format!("`{}`", command[0])));
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let rows = sizes.iter().map(|size| row(arena, toolbox, options, *size)).collect::<Outcome<Vec<_>>>()?;
    Ok(format!("### {}\n\n{LEGEND}\n\n{}", Work::History, table::markdown(&head, &rows)))
}

fn row(
    arena: &Arena,
    toolbox: &Toolbox,
    options: &Options,
    (schedules, runs): (u32, u32),
) -> Outcome<Vec<String>> {
    let home = arena.fresh_output()?.join("home");
    write(&home, schedules, runs).map_err(Failure::doing(format!("write {}", home.display())))?;
    let mut row = vec![format!("{schedules} × {runs}")];
    for command in COMMANDS {
        let call = toolbox.managing(&home, command);
        let costs = (0..options.runs(Work::History)).map(|_| measure::measured(&call, None));
        let costs = costs.collect::<Outcome<Vec<_>>>()?;
        let least = costs.iter().min_by_key(|cost| cost.user + cost.system);
        out::complain(&format!("{}: {schedules} × {runs}, {}", Work::History, command[0]));
        row.push(least.map(shown).unwrap_or_default());
    }
    Ok(row)
}

fn shown(cost: &Cost) -> String {
    let milliseconds = (cost.user + cost.system).as_millis();
    format!("{milliseconds} ms, {} MiB", cost.peak_bytes >> 20)
}

/// Makes a home whose schedules have all run that often, on as many days.
fn write(home: &Path, schedules: u32, runs: u32) -> std::io::Result<()> {
    for folder in ["logs", "backups"] {
        fs::create_dir_all(home.join(folder))?;
    }
    let lines = (0..schedules).map(|name| format!("src;03:00;x{name};keep=last:9\n"));
    fs::write(home.join("backup_schedules.txt"), lines.collect::<String>())?;
    let mut notes = String::new();
    for (day, name) in (0..runs).flat_map(|day| (0..schedules).map(move |name| (day, name))) {
        let at = moment(day);
        // Writing into a string can't fail.
        let _ = writeln!(
            notes,
            r#"{{"note":"ended","entry":"src;03:00;x{name}","planned":"{at}","missed":{},"began":"{at}","ended":"{at}","outcome":"done","archive":"x{name}.tar","bytes":10240,"entries":2,"sha256":"{}"}}"#,
            day % 3,
            "0".repeat(64),
        );
    }
    fs::write(home.join("logs/history.jsonl"), notes)
}

/// A day of a year of twelve months of 28 days, so that it needs no calendar.
fn moment(day: u32) -> String {
    let (year, day) = (1900 + day / 336, day % 336);
    format!("{year}-{:02}-{:02}T03:00:00+00:00", day / 28 + 1, day % 28 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_is_another_and_later() {
        let days: Vec<_> = (0..40_000).map(moment).collect();
        assert!(days.is_sorted_by(|before, after| before < after));
        assert_eq!(
            (days[0].as_str(), days[336].as_str()),
            ("1900-01-01T03:00:00+00:00", "1901-01-01T03:00:00+00:00")
        );
    }
}
