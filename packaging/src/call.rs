//! Calls of other programs, and what goes wrong with them.

use std::fmt::Display;
use std::process::{Command, Stdio};

/// What a step returns. An error is a message for the person who called it.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Returns a closure for `map_err` that puts what was being done before the cause.
pub(crate) fn doing<E: Display>(action: impl Display) -> impl FnOnce(E) -> String {
    move |cause| format!("can't {action}: {cause}")
}

/// Runs a command to its end, and returns what it wrote to standard output.
///
/// # Errors
/// It doesn't start or doesn't succeed. All that it wrote is in the message.
pub(crate) fn read(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().map_err(doing(format!("start {}", line(command))))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() {
        return Ok(stdout);
    }
    Err(format!("`{}` failed ({}):\n{stdout}\n{stderr}", line(command), output.status))
}

/// Returns whether there is a program of that name.
pub(crate) fn is_there(program: &str) -> bool {
    read(Command::new("sh").args(["-c", "command -v \"$0\"", program])).is_ok()
}

fn line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_the_line_and_what_was_said() {
        assert_eq!(read(Command::new("echo").arg("hello")), Ok("hello".to_owned()));
        let error = read(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 7"])).unwrap_err();
        assert!(error.contains("exit 7` failed (exit status: 7):\nout\nerr"), "{error}");
        assert!(is_there("sh") && !is_there("no-such-program"));
    }
}
