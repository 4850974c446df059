//! What a backup does to the page cache that other programs live on.
//!
//! What a backup leaves there is what pushes other programs' pages out once memory is short. A good neighbour leaves
//! nothing that wasn't there before, and takes nothing away that was.

use std::fs;
use std::path::PathBuf;

use crate::bench::arena::Arena;
use crate::bench::cached;
use crate::bench::contents::{Contents, Stuff};
use crate::bench::measure;
use crate::bench::random::Random;
use crate::bench::table;
use crate::bench::tools::{Tool, Toolbox};
use crate::bench::trees::Scale;
use crate::bench::walk::{self, Found};
use crate::bench::work::Work;
use crate::failure::{Failure, Outcome};
use crate::out;

const LEGEND: &str = "\
How much is cached. Each program runs twice: over a tree that nobody had read, and over one that was cached. What is left \
behind is what pushes out other programs' pages once memory is short; a hot file of another program is lost only then.";
const HEAD: [&str; 5] = ["program", "tree before", "tree after", "hot file before, after", "archive after"];

/// What is looked at: a tree, and a file that some other program uses all the time.
struct Scene<'a> {
    arena: &'a Arena,
    toolbox: &'a Toolbox,
    tree: PathBuf,
    files: Vec<Found>,
    hot: Vec<Found>,
}

/// How much is cached of each, from 0 to 1.
struct Shares {
    tree: f64,
    hot: f64,
}

/// Returns the table, or one line that says why there is none.
pub(crate) fn show(arena: &Arena, toolbox: &Toolbox, scale: Scale) -> Outcome<String> {
    let title = Work::Neighbour;
    if !cached::can_tell() {
        return Ok(format!("### {title}\n\nNot measured: `fincore` (of util-linux) is not installed.\n"));
    }
    let tree = Work::Neighbour.tree().ready(scale, arena)?;
    let (files, hot) = (walk::files(&tree)?, hot_file(arena, scale)?);
    let rows = Scene { arena, toolbox, tree, files, hot }.rows()?;
    Ok(format!("### {title}\n\n{LEGEND}\n\n{}", table::markdown(&HEAD, &rows)))
}

fn hot_file(arena: &Arena, scale: Scale) -> Outcome<Vec<Found>> {
    let folder = arena.trees().join("hot");
    let bytes = if scale == Scale::Quick { 1 << 20 } else { 256 << 20 };
    let write = || {
        let mut random = Random::seeded(bytes);
        fs::create_dir(&folder)?;
        Contents::new(&mut random, Stuff::Mixed).write(&mut random, &folder.join("file.dat"), bytes)
    };
    let _ = fs::remove_dir_all(&folder);
    write().map_err(Failure::doing(format!("write {}", folder.display())))?;
    walk::files(&folder)
}

impl Scene<'_> {
    fn rows(&self) -> Outcome<Vec<Vec<String>>> {
        let mut rows = Vec::new();
        for &tool in Work::Neighbour.tools() {
            match self.toolbox.absence(tool) {
                Some(reason) => rows.push(absent(tool, reason)),
                None => rows.extend([self.row(tool, false)?, self.row(tool, true)?]),
            }
        }
        Ok(rows)
    }

    fn row(&self, tool: Tool, warm: bool) -> Outcome<Vec<String>> {
        let output = self.arena.fresh_output()?;
        let ready = self.toolbox.ready(tool, &self.tree, output)?;
        self.set(warm)?;
        let before = self.shares()?;
        let cost = measure::measured(&ready.call, ready.sync.as_deref())?;
        let after = self.shares()?;
        let archive = walk::files(output)?.into_iter().max_by_key(|found| found.bytes);
        let archive = cached::share(&archive.into_iter().collect::<Vec<_>>())?;
        let seconds = cost.durable.as_secs_f64();
        out::complain(&format!("{}: {} {seconds:.2} s", Work::Neighbour, tool.name()));
        let hot = format!("{}, {}", percent(before.hot), percent(after.hot));
        Ok(vec![tool.name().into(), percent(before.tree), percent(after.tree), hot, percent(archive)])
    }

    fn set(&self, warm: bool) -> Outcome {
        if let Some(folder) = self.hot.first().and_then(|hot| hot.path.parent()) {
            walk::warm(folder)?;
        }
        if warm { walk::warm(&self.tree).map(drop) } else { cached::forget(&self.files) }
    }

    fn shares(&self) -> Outcome<Shares> {
        Ok(Shares { tree: cached::share(&self.files)?, hot: cached::share(&self.hot)? })
    }
}

fn absent(tool: Tool, reason: &str) -> Vec<String> {
    let mut row = vec![tool.name().to_owned(), reason.to_owned()];
    row.resize(HEAD.len(), "–".into());
    row
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_as_percent() {
        assert_eq!([0.0, 0.004, 0.5, 1.0].map(percent), ["0 %", "0 %", "50 %", "100 %"]);
    }

    #[test]
    fn a_missing_program_fills_its_row() {
        assert_eq!(absent(Tool::Bsdtar, "not installed"), ["bsdtar", "not installed", "–", "–", "–"]);
    }
}
