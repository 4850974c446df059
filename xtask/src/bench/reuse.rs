//! What a backup costs that shares blocks with the one before, on a disk that can: beside tar, restic and borg.

mod disk;
mod edits;
mod growing;
mod home;
mod manifest;
mod million;
mod month;
mod others;
mod rows;
mod second;

use std::path::PathBuf;

use crate::bench::arena::Arena;
use crate::bench::trees::Scale;
use crate::failure::{Failure, Outcome};
use crate::{out, programs};
use disk::Disk;
use rows::Rows;

/// How often a call is measured that changes nothing.
const RUNS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Row {
    /// A second run where nothing or little has changed, plain and compressed
    Second,
    /// A log file that grows
    Growing,
    /// A million files: an unchanged tree, and one file out of its archives
    Million,
    /// Thirty days, with restic and borg beside them, and `find` over all of them
    Month,
}

impl Row {
    const ALL: [Self; 4] = [Self::Second, Self::Growing, Self::Million, Self::Month];
}

#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Options {
    /// Measure this only; may be given several times [default: all of it]
    #[arg(long, value_name = "NAME", value_enum)]
    row: Vec<Row>,

    /// Tiny trees and few days: shows that all is in place, not what it costs
    #[arg(long)]
    small: bool,

    /// Take `backup_manager` from DIR [default: build it in release]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,

    /// Make the disk in a file below DIR [default: where temporary files are]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Where everything is measured.
#[derive(Debug)]
struct Bench {
    // The arena is let go before its disk.
    arena: Arena,
    disk: Disk,
    manager: PathBuf,
    scale: Scale,
}

impl Bench {
    fn open(options: &Options) -> Outcome<Self> {
        let manager = match &options.programs {
            Some(folder) => std::path::absolute(folder.join("backup_manager"))
                .map_err(Failure::doing("find the programs"))?,
            None => programs::build_release()?.manager,
        };
        let scale = if options.small { Scale::Quick } else { Scale::Full };
        let disk = Disk::mount(options.dir.as_deref(), scale)?;
        Ok(Self { arena: Arena::open(&disk.path())?, disk, manager, scale })
    }

    fn is_small(&self) -> bool {
        self.scale == Scale::Quick
    }
}

/// Prints a table of what was measured, what is to be reached, and whether it is.
pub(crate) fn run(options: &Options) -> Outcome {
    let bench = Bench::open(options)?;
    let mut rows = Rows::default();
    let chosen = if options.row.is_empty() { Row::ALL.to_vec() } else { options.row.clone() };
    for row in chosen {
        match row {
            Row::Second => second::play(&bench, &mut rows)?,
            Row::Growing => growing::play(&bench, &mut rows)?,
            Row::Million => million::play(&bench, &mut rows)?,
            Row::Month => month::play(&bench, &mut rows)?,
        }
    }
    out::say(&rows.table());
    Ok(())
}
