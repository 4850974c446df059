//! Tests that can't run on a machine.

use std::fmt::Display;
use std::io::Write;

/// Says that a test is skipped, and why, where the test's own output is held back, too: what was skipped must not pass
/// for what was shown.
///
/// # Panics
/// When standard error can't be written.
pub fn skipped(why: impl Display) {
    let line = format!("skipped: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error can be written");
}
