//! Everybody in turn, several times: what slows the machine down for a while then slows everybody down.

use std::path::Path;

use crate::bench::arena::Arena;
use crate::bench::measure::{self, Cost};
use crate::bench::options::Options;
use crate::bench::tools::{Tool, Toolbox};
use crate::bench::walk::{self, Footprint};
use crate::bench::work::Work;
use crate::failure::{Failure, Outcome};
use crate::out;

/// How everybody did on one work. The first lane is ours.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) work: Work,
    pub(crate) footprint: Footprint,
    pub(crate) lanes: Vec<Lane>,
}

/// The runs of one tool, one a round, or why it had none.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) tool: Tool,
    pub(crate) runs: Result<Vec<Run>, &'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) cost: Cost,
    pub(crate) archive_bytes: u64,
}

impl Standing {
    pub(crate) fn runs(&self, tool: Tool) -> &[Run] {
        let lane = self.lanes.iter().find(|lane| lane.tool == tool);
        lane.and_then(|lane| lane.runs.as_deref().ok()).unwrap_or_default()
    }
}

impl Run {
    pub(crate) fn durable_seconds(self) -> f64 {
        self.cost.durable.as_secs_f64()
    }

    pub(crate) fn wall_seconds(self) -> f64 {
        self.cost.wall.as_secs_f64()
    }

    /// Fails when the archive can't hold what it should: a tool that leaves things out is fast and no comparison.
    fn holding(self, least_bytes: u64, tool: Tool) -> Outcome<Self> {
        if self.archive_bytes >= least_bytes {
            return Ok(self);
        }
        let found = self.archive_bytes;
        Err(Failure::new(format!("{} made an archive of {found} bytes of {least_bytes}", tool.name())))
    }

    pub(crate) fn peak_mebibytes(self) -> f64 {
        mega(self.cost.peak_bytes, 1 << 20)
    }
}

/// Returns a count in units of about a million, for people.
pub(crate) fn mega(bytes: u64, unit: u64) -> f64 {
    bytes as f64 / unit as f64
}

pub(crate) fn play(arena: &Arena, toolbox: &Toolbox, work: Work, options: &Options) -> Outcome<Standing> {
    let tree = work.tree().ready(options.scale(), arena)?;
    let footprint = walk::warm(&tree)?;
    let stage = Stage { title: &work.to_string(), tree: &tree, footprint, rounds: options.runs(work) };
    let lanes = pack(arena, toolbox, &stage, work.tools())?;
    Ok(Standing { work, footprint, lanes })
}

/// What the tools do their work on, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) title: &'a str,
    pub(crate) tree: &'a Path,
    pub(crate) footprint: Footprint,
    pub(crate) rounds: u32,
}

impl Stage<'_> {
    /// Lets the tools work in turn. The first round doesn't count.
    pub(crate) fn play(
        &self,
        toolbox: &Toolbox,
        tools: &[Tool],
        mut once: impl FnMut(Tool, u32) -> Outcome<Run>,
    ) -> Outcome<Vec<Lane>> {
        let lane = |&tool| Lane { tool, runs: toolbox.absence(tool).map_or_else(|| Ok(Vec::new()), Err) };
        let mut lanes: Vec<_> = tools.iter().map(lane).collect();
        for round in 0..=self.rounds {
            for Lane { tool, runs } in &mut lanes {
                let Ok(runs) = runs else { continue };
                let run = once(*tool, round)?;
                let seconds = run.durable_seconds();
                out::complain(&format!("{}, {}: {} {seconds:.2} s", self.title, label(round), tool.name()));
                if round > 0 {
                    runs.push(run);
                }
            }
        }
        Ok(lanes)
    }
}

/// Lets the tools pack the tree.
pub(crate) fn pack(
    arena: &Arena,
    toolbox: &Toolbox,
    stage: &Stage<'_>,
    tools: &[Tool],
) -> Outcome<Vec<Lane>> {
    stage.play(toolbox, tools, |tool, _| {
        let is_compressed = matches!(tool, Tool::OursZst | Tool::TarZst);
        let least_bytes = if is_compressed { 1 } else { stage.footprint.bytes };
        once(arena, toolbox, tool, stage.tree)?.holding(least_bytes, tool)
    })
}

pub(crate) fn label(round: u32) -> String {
    if round == 0 { "warm-up".into() } else { format!("round {round}") }
}

/// Whoever ran before may have pushed the tree out of the page cache: it is read again before each run.
fn once(arena: &Arena, toolbox: &Toolbox, tool: Tool, tree: &Path) -> Outcome<Run> {
    let output = arena.fresh_output()?;
    let ready = toolbox.ready(tool, tree, output)?;
    walk::warm(tree)?;
    let cost = measure::measured(&ready.call, ready.sync.as_deref())?;
    let archive_bytes = walk::files(output)?.iter().map(|found| found.bytes).max().unwrap_or(0);
    Ok(Run { cost, archive_bytes })
}
