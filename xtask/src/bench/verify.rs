//! The archive of the small files is read to its end: by us, the structure included, and by who digests it alone.

use crate::bench::arena::Arena;
use crate::bench::measure;
use crate::bench::options::Options;
use crate::bench::rounds::{Lane, Run, Standing, label};
use crate::bench::tools::Toolbox;
use crate::bench::walk;
use crate::bench::work::Work;
use crate::failure::Outcome;
use crate::out;

pub(crate) fn play(arena: &Arena, toolbox: &Toolbox, options: &Options) -> Outcome<Standing> {
    let work = Work::Verify;
    let tree = work.tree().ready(options.scale(), arena)?;
    let footprint = walk::warm(&tree)?;
    let lane = |&tool| Lane { tool, runs: toolbox.absence(tool).map_or_else(|| Ok(Vec::new()), Err) };
    let mut lanes: Vec<_> = work.tools().iter().map(lane).collect();
    let home = arena.fresh_output()?.join("home");
    let archive = toolbox.archive(&tree, &home)?;
    let archive_bytes = walk::files(&home)?.iter().map(|found| found.bytes).max().unwrap_or(0);
    for round in 0..=options.runs(work) {
        for Lane { tool, runs } in &mut lanes {
            let Ok(runs) = runs else { continue };
            walk::warm(&home.join("backups"))?;
            let cost = measure::measured(&toolbox.verifying(*tool, &home, &archive), None)?;
            let seconds = cost.wall.as_secs_f64();
            out::complain(&format!("{work}, {}: {} {seconds:.2} s", label(round), tool.name()));
            if round > 0 {
                runs.push(Run { cost, archive_bytes });
            }
        }
    }
    Ok(Standing { work, footprint, lanes })
}
