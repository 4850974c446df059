//! Commands on this machine.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use backup_core::model::command::{Command, CommandEnd, CommandReport, OutputLimit};
use backup_core::model::notice::{Notice, NotifyTarget, Unsent, UnsentKind};
use backup_core::ports::{CommandRequest, Commands, SilentProgress};
use backup_core::time::rfc3339;

use crate::message::{details, title};
use crate::webhook::document;

/// How much of what a command prints is kept, for its last line.
const KEPT: OutputLimit = OutputLimit { first_bytes: 0, last_bytes: 4 * 1024 };

/// Runs a command with a notice: in its variables, and as a JSON document on its standard input.
pub(crate) fn run(
    target: &NotifyTarget,
    (command, commands): (&Command, &dyn Commands),
    notice: &Notice,
    host: &str,
) -> Result<(), Unsent> {
    let input = format!("{}\n", document(notice, host));
    let variables = variables(notice, host);
    let request = CommandRequest {
        command,
        dir: Path::new("/"),
        variables: &variables,
        input: Some(input.as_bytes()),
        timeout: target.timeout.duration().to_std().unwrap_or(Duration::from_secs(30)),
        keep: KEPT,
    };
    let unsent = |reason: String| Unsent::new(UnsentKind::Local, command.program_name(), reason);
    match commands.run(&request, None, &SilentProgress) {
        Ok(report) if report.end.is_success() => Ok(()),
        Ok(report) => Err(unsent(reason(&report, target))),
        Err(error) => Err(unsent(error.to_string())),
    }
}

fn reason(report: &CommandReport, target: &NotifyTarget) -> String {
    let end = match report.end {
        CommandEnd::Exited(code) => format!("it ended with exit code {code}"),
        CommandEnd::Killed(signal) => format!("it was ended by signal {signal}"),
        CommandEnd::TimedOut => format!("it took longer than {}", target.timeout),
        CommandEnd::Cancelled => "it was ended".to_owned(),
    };
    report.output.last_line().map_or(end.clone(), |line| format!("{end}: {line}"))
}

fn variables(notice: &Notice, host: &str) -> Vec<(String, OsString)> {
    let outcome = notice.to_json().get("outcome").and_then(|word| word.as_str().map(str::to_owned));
    let all = [
        ("BACKUP_EVENT", Some(notice.kind.word().to_owned())),
        ("BACKUP_NAME", Some(notice.name.clone())),
        ("BACKUP_SOURCE", Some(notice.source.clone())),
        ("BACKUP_HOST", Some(host.to_owned())),
        ("BACKUP_TITLE", Some(title(notice, host))),
        ("BACKUP_TEXT", Some(details(notice))),
        ("BACKUP_REMINDER", Some(if notice.is_reminder { "yes" } else { "no" }.to_owned())),
        ("BACKUP_OUTCOME", outcome),
        ("BACKUP_ERROR", notice.error.clone()),
        ("BACKUP_ARCHIVE", notice.archive.clone()),
        ("BACKUP_PLANNED", notice.planned.map(rfc3339)),
        ("BACKUP_SINCE", notice.since.map(rfc3339)),
    ];
    // A program can't be given a NUL byte.
    let value = |text: String| OsString::from(text.replace('\0', ""));
    all.into_iter().map(|(name, text)| (name.to_owned(), value(text.unwrap_or_default()))).collect()
}
