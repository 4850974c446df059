//! Commands before and after the source is read, which leave a mark each.

use std::fs;
use std::io;
use std::path::Path;

/// What the schedule says.
pub(crate) const OPTIONS: &str = ";hooks=mark";

/// The configuration, and what the commands write to, in the home.
pub(crate) const FILES: [&str; 2] = ["backup_manager.toml", "marks"];

/// Writes the configuration of a home, whose commands write to that file. A relative path is in the home.
pub(crate) fn configure(home: &Path, marks: &Path) -> io::Result<()> {
    let command = |mark: &str| format!("{mark} = \"echo {mark} >> '{}'\"\n", marks.display());
    let config = format!("[hooks.mark]\n{}{}", command("before"), command("finally"));
    fs::write(home.join(FILES[0]), config)
}

/// Checks that there was a last command for each first one, and that a last one was the last.
///
/// A first one whose process was killed may leave its mark late, so their order isn't checked further.
pub(crate) fn check(marks: &Path) -> Result<(), String> {
    let marks = fs::read_to_string(marks).map_err(|error| format!("the marks: {error}"))?;
    let count = |mark: &str| marks.lines().filter(|line| *line == mark).count();
    let is_paid = count("finally") >= count("before") && marks.lines().last() == Some("finally");
    if is_paid {
        Ok(())
    } else {
        Err(format!("the commands ran in this order: {:?}", marks.lines().collect::<Vec<_>>()))
    }
}
