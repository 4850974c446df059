//! Commands around one that packs a folder: a hook can run them.

use std::collections::HashSet;

use super::schedule::{CrontabSchedule, packing, with_free_name};
use super::shell::{Joint, parts, words};
use super::table::{CrontabWay, WayTable, table_name};
use crate::model::command::Command;
use crate::text::has_control;

/// What these do is no matter of a hook: rules such as `keep=` take their place, or they change what is packed.
const OTHERS: [&str; 7] = ["cd", "rm", "find", "mv", "export", "set", "umask"];

/// A part of a command, and what joins it to the next one.
type Part = (String, Option<Joint>);

/// Returns the way over for a command such as `docker stop a && tar ...; docker start a`.
pub(super) fn way(time: &str, command: &str, names: &mut HashSet<String>) -> Option<CrontabWay> {
    let parts = parts(command)?;
    if parts.iter().any(|(_, joint)| *joint == Some(Joint::Pipe)) {
        return None;
    }
    let mut packing = parts
        .iter()
        .enumerate()
        .filter_map(|(at, (part, _))| packing(time.to_owned(), part).ok().map(|schedule| (at, schedule)));
    let (at, schedule) = packing.next()?;
    let (before, after) = (&parts[..at], &parts[at + 1..]);
    let is_other = |(part, _): &Part| {
        let first = words(part).and_then(|words| Some(words.first()?.text.clone()));
        first.is_none_or(|first| OTHERS.contains(&first.as_str()))
    };
    if packing.next().is_some() || (before.is_empty() && after.is_empty()) || parts.iter().any(is_other) {
        return None;
    }
    let commands = commands(before, after, parts[at].1);
    Some(CrontabWay::Around(commands.and_then(|commands| derived(schedule, commands, names))))
}

fn derived(
    schedule: CrontabSchedule,
    commands: Vec<(&'static str, Command)>,
    names: &mut HashSet<String>,
) -> Option<(WayTable, CrontabSchedule)> {
    table_name(&schedule.name)?;
    let mut schedule = with_free_name(schedule, names);
    let name = table_name(&schedule.name)?;
    schedule.options.push(format!("hooks={name}"));
    Some((WayTable { name, commands, file: None }, schedule))
}

/// Returns the commands of the hook. What follows `&&` alone runs after a success, and what undoes something always runs.
fn commands(before: &[Part], after: &[Part], joint: Option<Joint>) -> Option<Vec<(&'static str, Command)>> {
    let after_key = if before.is_empty() && joint == Some(Joint::And) { "after_success" } else { "finally" };
    let keyed = [("before", before), (after_key, after)].into_iter().filter(|(_, parts)| !parts.is_empty());
    keyed.map(|(key, parts)| Some((key, joined(parts)?))).collect()
}

/// Returns one command of several. What a shell fills in isn't known to the service.
fn joined(parts: &[Part]) -> Option<Command> {
    let words: Vec<_> = parts.iter().map(|(part, _)| words(part)).collect::<Option<_>>()?;
    let is_plain = words.iter().flatten().all(|word| !word.is_filled_in && !has_control(&word.text));
    match (&words[..], parts) {
        _ if !is_plain => None,
        ([words], [_]) => Command::program(words.iter().map(|word| word.text.clone()).collect()),
        _ => {
            let sign = |joint: &Option<Joint>| if *joint == Some(Joint::And) { " && " } else { "; " };
            let (last, others) = parts.split_last()?;
            let line =
                others.iter().map(|(part, joint)| format!("{part}{}", sign(joint))).collect::<String>();
            Command::shell(line + &last.0)
        }
    }
}
