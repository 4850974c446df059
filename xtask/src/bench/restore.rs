//! Everybody restores the same archive, in turn, into folders of their own.
//!
//! What was restored stays until the end: ext4 makes no new file in the place of one that was removed a moment ago, and
//! looks at each such place before it takes another. Whoever came after a large removal would seem slow.

use std::fs;
use std::path::Path;

use crate::bench::arena::Arena;
use crate::bench::measure;
use crate::bench::options::Options;
use crate::bench::rounds::{Lane, Run, Stage, Standing};
use crate::bench::tools::{Tool, Toolbox};
use crate::bench::walk::{self, Footprint};
use crate::bench::work::Work;
use crate::failure::{Failure, Outcome};

/// Beside its contents, what a small file takes on a disk.
const FILE_OVERHEAD_BYTES: u64 = 4_096;

pub(crate) fn play(arena: &Arena, toolbox: &Toolbox, options: &Options) -> Outcome<Standing> {
    let work = Work::Restore;
    let tree = work.tree().ready(options.scale(), arena)?;
    let footprint = walk::warm(&tree)?;
    let stage = Stage { title: &work.to_string(), tree: &tree, footprint, rounds: options.runs(work) };
    let lanes = restore(arena, toolbox, &stage, work.tools())?;
    Ok(Standing { work, footprint, lanes })
}

/// Lets the tools restore an archive of the tree.
pub(crate) fn restore(
    arena: &Arena,
    toolbox: &Toolbox,
    stage: &Stage<'_>,
    tools: &[Tool],
) -> Outcome<Vec<Lane>> {
    let output = arena.fresh_output()?;
    require_room(arena, stage.footprint, (u64::from(stage.rounds) + 1) * tools.len() as u64)?;
    let home = output.join("home");
    let archive = toolbox.archive(stage.tree, &home)?;
    stage.play(toolbox, tools, |tool, round| {
        let target = output.join(format!("{round}-{tool:?}"));
        once(arena, toolbox, tool, (&home, &archive), &target, stage.footprint)
    })
}

fn require_room(arena: &Arena, footprint: Footprint, restores: u64) -> Outcome {
    let files = footprint.files + footprint.folders;
    let each = footprint.bytes + files * FILE_OVERHEAD_BYTES;
    arena.require_room(each * (restores + 1), files * restores)
}

/// The archive is read before each run, and the disk has nothing more to write.
fn once(
    arena: &Arena,
    toolbox: &Toolbox,
    tool: Tool,
    (home, archive): (&Path, &Path),
    target: &Path,
    footprint: Footprint,
) -> Outcome<Run> {
    fs::create_dir(target).map_err(Failure::doing(format!("make {}", target.display())))?;
    walk::warm(&home.join("backups"))?;
    arena.settle()?;
    let call = toolbox.restoring(tool, home, archive, target);
    let cost = measure::measured(&call, Some(target))?;
    let restored_bytes = walk::files(target)?.iter().map(|found| found.bytes).sum();
    if restored_bytes != footprint.bytes {
        let expected = footprint.bytes;
        return Err(Failure::new(format!("{} restored {restored_bytes} bytes of {expected}", tool.name())));
    }
    Ok(Run { cost, archive_bytes: restored_bytes })
}
