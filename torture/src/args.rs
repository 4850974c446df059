//! The command line of the proofs.

use std::io::{self, Write};
use std::path::{PathBuf, absolute};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

use crate::budget::Budget;
use crate::part::{Part, Scale};
use crate::programs::Programs;
use crate::report::{Report, Verdict};
use crate::simulate::{DEFAULT_SEED, Simulate, parse_seed};
use crate::zones::{TELL_OFFSETS, tell};

/// Tries the promises of Backup Manager at every point where a machine can fail.
#[derive(Debug, Parser)]
#[command(name = "torture", bin_name = "cargo xtask torture")]
struct Args {
    /// The proofs to run [default: all of them]
    parts: Vec<Part>,
    /// A little of each: shows that all is in place
    #[arg(long)]
    quick: bool,
    /// Take about so many minutes at most: each proof gets its share, tries a sample that is spread over all its points,
    /// and says what it left out [default: as long as it takes]
    #[arg(long, value_name = "N", conflicts_with = "quick", value_parser = clap::value_parser!(u16).range(1..))]
    minutes: Option<u16>,
    /// Take the programs from DIR
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// Simulate so many days, and nothing else
    #[arg(long, value_name = "N", conflicts_with_all = ["parts", "quick", "minutes"])]
    days: Option<u64>,
    /// What the simulation follows from
    #[arg(long, value_name = "S", value_parser = parse_seed, requires = "days", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Replay the one episode of that seed, as a report names it
    #[arg(long, value_name = "SEED", value_parser = parse_seed, requires = "days")]
    episode: Option<u64>,
}

/// Runs the proofs that the command line names. The exit code is 1 when one is broken, and 3 when one can't run
/// here.
#[must_use]
pub fn main() -> ExitCode {
    // A proof starts this program in other zones, to ask there.
    if std::env::args().nth(1).is_some_and(|argument| argument == TELL_OFFSETS) {
        return tell();
    }
    let args = Args::parse();
    if let Some(days) = args.days {
        let simulate = Simulate { days, seed: args.seed, episode: args.episode };
        return ExitCode::from(code(&timed("simulate", || simulate.run(Budget::UNLIMITED))));
    }
    let programs = Programs::in_folder(&absolute(&args.programs).unwrap_or(args.programs));
    let scale = if args.quick { Scale::Small } else { Scale::Full };
    let parts = if args.parts.is_empty() { Part::value_variants().to_vec() } else { args.parts };
    let budget = args
        .minutes
        .map_or(Budget::UNLIMITED, |minutes| Budget::of(Duration::from_secs(60) * minutes.into()));
    let verdicts = run_all(&parts, &programs, scale, budget);
    parts.iter().zip(&verdicts).for_each(|(part, verdict)| say(&format!("{:10} {verdict}", name(*part))));
    // Broken weighs more than untried.
    let codes = verdicts.iter().map(code);
    let worst = codes.max_by_key(|code| [0, UNTRIED, 1].iter().position(|known| known == code));
    ExitCode::from(worst.unwrap_or_default())
}

/// The exit code when nothing is broken, and not everything could be tried.
const UNTRIED: u8 = 3;

fn code(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Broken(_) => 1,
        Verdict::CannotRun(_) => UNTRIED,
    }
}

fn name(part: Part) -> String {
    part.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Runs the parts one after the other, each with its share of the time that is left.
fn run_all(parts: &[Part], programs: &Programs, scale: Scale, budget: Budget) -> Vec<Verdict> {
    let run = |(number, part): (usize, &Part)| {
        let weights = parts[number..].iter().map(|part| part.usual_seconds()).sum();
        let budget = budget.weighed(part.usual_seconds(), weights);
        timed(&name(*part), || part.run(programs, scale, budget))
    };
    parts.iter().enumerate().map(run).collect()
}

fn timed(name: &str, proof: impl FnOnce() -> Report) -> Verdict {
    say(&format!("== {name}"));
    let start = Instant::now();
    let report = proof();
    say(&format!("{report}\n== {name}: {:.1} s\n", start.elapsed().as_secs_f64()));
    report.verdict
}

fn say(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
