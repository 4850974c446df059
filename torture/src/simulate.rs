//! The proof that no planned run is missed and none made twice: simulated days by the million.

use std::num::ParseIntError;
use std::thread;

use backup_core::testing::{Simulation, SimulationReport};

use crate::budget::Budget;
use crate::part::Scale;
use crate::report::Report;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulate {
    /// How many days at least.
    pub days: u64,
    /// What all follows from.
    pub seed: u64,
    /// The one episode to replay, by its own seed.
    pub episode: Option<u64>,
}

/// The seed of a simulation that isn't told one.
pub const DEFAULT_SEED: u64 = 1;

impl Simulate {
    /// Returns as much as that scale wants.
    #[must_use]
    pub fn of(scale: Scale) -> Self {
        let days = if scale == Scale::Small { 3_000 } else { 1_000_000 };
        Self { days, seed: DEFAULT_SEED, episode: None }
    }

    /// Runs the simulation, on as many threads as there are cores, until the budget is spent.
    #[must_use]
    pub fn run(self, budget: Budget) -> Report {
        let simulation = Simulation::new(self.seed).days(self.days);
        let found = match self.episode {
            Some(seed) => simulation.telling().episode(seed),
            None => side_by_side(&simulation, budget),
        };
        let wanted = if self.episode.is_some() { 0 } else { self.days };
        let left_out = wanted.saturating_sub(found.days);
        table(self.seed, &found).leaving_out(usize::try_from(left_out).unwrap_or(usize::MAX), "days")
    }
}

fn side_by_side(simulation: &Simulation<'_>, budget: Budget) -> SimulationReport {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut found = SimulationReport::default();
    thread::scope(|scope| {
        let part = |first| move || every(simulation, first, threads, budget);
        let parts: Vec<_> = (0..threads).map(|first| scope.spawn(part(first))).collect();
        for part in parts {
            match part.join() {
                Ok(part) => found.add(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    found
}

/// Runs every `step`th episode from the `first` on.
fn every(simulation: &Simulation<'_>, first: usize, step: usize, budget: Budget) -> SimulationReport {
    let mut found = SimulationReport::default();
    let mine = simulation.episodes().skip(first).step_by(step).take_while(|_| !budget.is_spent());
    mine.for_each(|seed| found.add(simulation.episode(seed)));
    found
}

fn table(seed: u64, found: &SimulationReport) -> Report {
    let rows = [
        ("seed", seed),
        ("simulated days", found.days),
        ("planned runs", found.runs),
        ("moments made up for", found.made_up),
        ("moments skipped by schedules that don't catch up", found.skipped),
        ("crashes", found.crashes),
        ("archives whose service crashed before it noted them", found.outlived),
        ("archives that the history could not hold", found.unnoted),
        ("stops", found.stops),
        ("suspends", found.suspends),
        ("clock jumps", found.jumps),
        ("edits of the schedules", found.edits),
        ("full and broken disks", found.full_disks),
        ("times that an archive could take over from another", found.bases),
        ("times that everything was read, and compared with another archive", found.compared),
        ("times that all catalogs were lost or damaged", found.lost_catalogs),
        ("archives verified at leisure", found.verified),
        ("changes of the zone", found.zone_changes),
        ("moments that a change of zone repeated", found.repeated_by_zone),
        ("missed", found.missed.len() as u64),
        ("doubled", found.doubled.len() as u64),
        ("unplanned", found.unplanned.len() as u64),
        ("with other contents, or taken over wrongly", found.altered.len() as u64),
        ("with another's SHA-256, or never verified", found.unverified.len() as u64),
    ];
    let rows = rows.map(|(what, count)| vec![what.to_owned(), grouped(count)]).to_vec();
    let mut report = Report::of(vec!["what", "count"], rows, found.wrong().collect());
    report.story.clone_from(&found.story);
    report
}

/// Writes a number with a comma after every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let comma = |(place, digit): (usize, char)| {
        let is_group = place > 0 && (digits.len() - place).is_multiple_of(3);
        is_group.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(comma).collect()
}

/// Reads a seed as the reports write it: decimal, or hexadecimal after `0x`.
///
/// # Errors
/// When it is no number of 64 bits.
pub fn parse_seed(text: &str) -> Result<u64, ParseIntError> {
    text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u64::from_str_radix(digits, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_read_as_they_are_written() {
        assert_eq!(parse_seed("17"), Ok(17));
        assert_eq!(parse_seed("0x000000000000001f"), Ok(31));
        assert!(parse_seed("0xg").is_err() && parse_seed("-1").is_err());
    }

    #[test]
    fn numbers_are_written_in_groups() {
        let written = [0, 12, 999, 1_000, 1_000_000].map(grouped).join(" ");
        assert_eq!(written, "0 12 999 1,000 1,000,000");
    }
}
