//! What `cargo xtask bench` can be told.

use std::path::PathBuf;

use crate::bench::reuse;
use crate::bench::trees::Scale;
use crate::bench::work::Work;

/// What is measured apart from everything else.
#[derive(Debug, PartialEq, Eq, clap::Subcommand)]
pub(crate) enum Part {
    /// Measure what it costs to share blocks with the archive before: on an XFS in a file, as root
    #[command(after_help = "Example: cargo xtask bench reuse --row month")]
    Reuse(reuse::Options),
}

#[derive(Debug, PartialEq, Eq, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) part: Option<Part>,

    /// Measure each program this many times, after one round that doesn't count
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,

    /// Measure this work only; may be given several times [default: all of them]
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) work: Vec<Work>,

    /// Keep the trees and write the archives below DIR [default: target/bench]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Tiny trees and one run: shows that all is in place, not who is fast
    #[arg(long)]
    pub(crate) quick: bool,

    /// Remove the trees that earlier calls kept, and measure nothing
    #[arg(long, conflicts_with_all = ["runs", "work", "quick"])]
    pub(crate) clean: bool,
}

impl Options {
    pub(crate) fn works(&self) -> Vec<Work> {
        if self.work.is_empty() { Work::ALL.to_vec() } else { self.work.clone() }
    }

    pub(crate) fn scale(&self) -> Scale {
        if self.quick { Scale::Quick } else { Scale::Full }
    }

    /// A million files take their time, and their memory is the same in every run.
    pub(crate) fn runs(&self, work: Work) -> u32 {
        match work {
            _ if self.quick => 1,
            Work::Million | Work::Flat => self.runs.min(2),
            // All that is restored stays until the end.
            Work::Restore | Work::Shapes => self.runs.min(4),
            _ => self.runs,
        }
    }
}
