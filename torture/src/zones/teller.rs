//! The machine's clock, asked in a process of its own: the zone of a process is that of its variable `TZ`.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use backup_core::time::Clock;
use backup_fs::SystemClock;
use chrono::DateTime;

use super::offsets::{Offsets, YEARS};
use super::tally::{Tally, Tried};

/// The argument that makes the program of the proofs tell offsets instead.
pub(crate) const ASKED: &str = "--tell-offsets";

/// Reads instants, a line each, and prints the offset that the machine's clock says is in force.
pub(crate) fn tell() -> ExitCode {
    let mut text = String::new();
    let told = io::stdin().read_to_string(&mut text).and_then(|_| {
        let offset = |line: &str| {
            let instant = DateTime::from_timestamp(line.parse().ok()?, 0)?;
            Some(SystemClock.offset_at(instant).local_minus_utc())
        };
        let mut offsets = String::new();
        for offset in text.lines().filter_map(offset) {
            let _ = writeln!(offsets, "{offset}");
        }
        io::stdout().write_all(offsets.as_bytes())
    });
    told.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Asks the machine's clock for the offset at every change, a second before and a second after.
pub(super) fn try_machine(name: &str, offsets: &Offsets, teller: &Path, tally: &mut Tally) {
    let changes: Vec<i64> = offsets.changes(YEARS).map(|change| change.at).chain([YEARS.0]).collect();
    let instants: Vec<i64> = changes.iter().flat_map(|at| [at - 1, *at, at + 1]).collect();
    let told = match ask(name, &instants, teller) {
        Ok(told) => told,
        Err(error) => return tally.fail(format!("{name}: the machine's clock can't be asked: {error}")),
    };
    let mut tried = Tried { cases: instants.len() as u64, ..Tried::default() };
    for (number, instant) in instants.iter().enumerate() {
        let (expected, found) = (offsets.at(*instant), told.get(number).copied());
        if found != Some(expected) {
            tried.wrong.push(format!(
                "{name} at {instant}: the file says {expected}, and the machine's clock {found:?}"
            ));
        }
    }
    tally.take_machine(changes.len() as u64 - 1, tried);
}

fn ask(name: &str, instants: &[i64], teller: &Path) -> io::Result<Vec<i64>> {
    let mut command = Command::new(teller);
    command.arg(ASKED).env_clear().env("TZ", name);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut questions = String::new();
    for instant in instants {
        let _ = writeln!(questions, "{instant}");
    }
    // It reads all the questions before it answers the first, so neither waits for the other.
    let asked = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(questions.as_bytes()));
    let output = child.wait_with_output()?;
    asked?;
    if !output.status.success() {
        return Err(io::Error::other(output.status.to_string()));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| line.parse().ok()).collect())
}
