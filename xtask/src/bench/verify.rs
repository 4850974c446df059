//! The archive of the small files is read to its end: by us, the structure included, and by who digests it alone.

use crate::bench::arena::Arena;
use crate::bench::measure;
use crate::bench::options::Options;
use crate::bench::rounds::{Lane, Run, Stage, Standing};
use crate::bench::tools::{Tool, Toolbox};
use crate::bench::walk;
use crate::bench::work::Work;
use crate::failure::Outcome;

pub(crate) fn play(arena: &Arena, toolbox: &Toolbox, options: &Options) -> Outcome<Standing> {
    let work = Work::Verify;
    let tree = work.tree().ready(options.scale(), arena)?;
    let footprint = walk::warm(&tree)?;
    let stage = Stage { title: &work.to_string(), tree: &tree, footprint, rounds: options.runs(work) };
    let lanes = verify(arena, toolbox, &stage, work.tools())?;
    Ok(Standing { work, footprint, lanes })
}

/// Lets the tools read an archive of the tree.
pub(crate) fn verify(
    arena: &Arena,
    toolbox: &Toolbox,
    stage: &Stage<'_>,
    tools: &[Tool],
) -> Outcome<Vec<Lane>> {
    let home = arena.fresh_output()?.join("home");
    let archive = toolbox.archive(stage.tree, &home)?;
    let archive_bytes = walk::files(&home)?.iter().map(|found| found.bytes).max().unwrap_or(0);
    stage.play(toolbox, tools, |tool, _| {
        walk::warm(&home.join("backups"))?;
        let cost = measure::measured(&toolbox.verifying(tool, &home, &archive), None)?;
        Ok(Run { cost, archive_bytes })
    })
}
