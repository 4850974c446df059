//! What to do about commands that failed: those of hooks, and those whose output is backed up.

use backup_core::model::command::{CommandFault, CommandProblem};
use backup_core::model::error::Remedy;
use backup_core::model::hook::HookProblem;
use backup_core::text::printable;

/// Returns what to do about a command of a hook that failed.
pub(super) fn of_a_hook(problem: &HookProblem) -> Option<String> {
    let table = format!("hooks.{}", printable(problem.hook.as_bytes()));
    of_a_fault(&problem.fault, &table, problem.phase.key())
}

/// Returns what to do about a command that failed, and whose output was to be backed up.
pub(super) fn of_a_command(problem: &CommandProblem) -> Option<String> {
    of_a_fault(&problem.fault, &format!("commands.{}", printable(problem.name.as_bytes())), RUN)
}

/// The key of a command whose output is backed up.
const RUN: &str = "run";

fn of_a_fault(fault: &CommandFault, table: &str, key: &str) -> Option<String> {
    match fault {
        CommandFault::TimedOut(_) => Some(format!("give it more time: timeout in [{table}]")),
        CommandFault::NotRun(error) if error.remedy.as_deref() == Some(&Remedy::ChooseWorkingFolder) => {
            let of_hook = (key != RUN).then(|| format!("see dir in [{table}]"));
            Some(
                of_hook
                    .unwrap_or_else(|| "see the folder of the schedule: the command runs in it".to_owned()),
            )
        }
        CommandFault::NotRun(_) => Some(format!("see {key} in [{table}]")),
        CommandFault::Exited(_)
        | CommandFault::Killed(_)
        | CommandFault::Cancelled
        | CommandFault::Silent => None,
    }
}
