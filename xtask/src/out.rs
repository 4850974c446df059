//! The one place that prints. A reader that went away (`cargo xtask ci | head`) is no reason to panic.

use std::io::{self, Write};

pub(crate) fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
