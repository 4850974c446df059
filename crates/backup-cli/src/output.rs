//! What is printed, and where: the only file that writes to a terminal.

use std::fmt::Display;
use std::io::{self, Write};

use backup_core::error::Error;
use backup_core::event::Event;

/// Writes lines to standard output. A reader that has gone away is no error: it has read what it wanted.
pub(crate) fn print<T: Display>(lines: impl IntoIterator<Item = T>) {
    let mut output = io::stdout().lock();
    for line in lines {
        if writeln!(output, "{line}").is_err() {
            return;
        }
    }
    let _ = output.flush();
}

/// Writes one line to standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes an error to standard error: what failed, why, and what to do.
pub(crate) fn print_error(error: &Error) {
    complain(Event::failed(error));
    if let Some(detail) = error.detail() {
        complain(format_args!("caused by: {detail}"));
    }
    if let Some(hint) = error.hint() {
        complain(format_args!("hint: {hint}"));
    }
}
