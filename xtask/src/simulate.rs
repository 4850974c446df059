//! Hands a simulation to the proofs, which are a program of their own.

use clap::Parser;

use crate::command::Call;
use crate::failure::Outcome;

/// What to simulate.
#[derive(Debug, PartialEq, Eq, Parser)]
pub(crate) struct Options {
    /// How many days, at least
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) days: u64,
    /// What all follows from [default: 1]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<String>,
    /// Replay the one episode of that seed, as a report names it, and tell all that happens in it
    #[arg(long, value_name = "SEED")]
    pub(crate) episode: Option<String>,
}

pub(crate) fn run(options: Options) -> Outcome {
    // The programs themselves have no part in it.
    let torture = Call::cargo("run --release -q -p backup-torture -- --programs .");
    let days = ["--days".to_owned(), options.days.to_string()];
    let seed = options.seed.into_iter().flat_map(|seed| ["--seed".to_owned(), seed]);
    let episode = options.episode.into_iter().flat_map(|seed| ["--episode".to_owned(), seed]);
    torture.args(days.into_iter().chain(seed).chain(episode)).run()
}
