//! Other people's programs, run to their end.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

/// Runs a program and returns what it printed.
///
/// # Errors
/// That it isn't installed, or what it complained of.
pub(crate) fn run_tool<A: AsRef<OsStr>>(
    program: &str,
    args: impl IntoIterator<Item = A>,
) -> Result<Output, String> {
    let mut command = Command::new(program);
    command.args(args);
    let output = output(&mut command)?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{}: {}", line(&command), String::from_utf8_lossy(&output.stderr).trim()))
}

/// Runs a command, however it ends.
///
/// # Errors
/// When it can't be started.
pub(crate) fn output(command: &mut Command) -> Result<Output, String> {
    let command = command.stdin(Stdio::null());
    command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))
}

/// Returns a command as it is typed.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Returns that something is wrong, and what a command had printed.
pub(crate) fn told(what: &str, ended: &Output) -> String {
    let [out, err] =
        [&ended.stdout, &ended.stderr].map(|said| String::from_utf8_lossy(said).trim().to_owned());
    format!("{what}: {}: {out} {err}", ended.status)
}
