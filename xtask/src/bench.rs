//! How fast a backup is, beside the programs that people use otherwise: the same trees, in turn, several times.

mod arena;
mod cached;
mod contents;
mod figures;
mod history;
mod idle;
mod machine;
mod measure;
mod neighbour;
mod options;
mod random;
mod restore;
mod reuse;
mod rounds;
mod schedules;
mod shapes;
mod sizes;
mod stats;
mod table;
mod targets;
mod tools;
mod trees;
mod verify;
mod walk;
mod work;

use std::path::Path;

use crate::bench::arena::Arena;
use crate::bench::figures::Figures;
use crate::bench::targets::Measured;
use crate::bench::tools::Toolbox;
use crate::failure::Outcome;
use crate::{out, programs, repo};

pub(crate) use crate::bench::measure::{Job, run as measure};
pub(crate) use crate::bench::options::{Options, Part};
pub(crate) use crate::bench::work::Work;

/// Prints each table as soon as it stands, and at the end which targets are met.
pub(crate) fn run(options: &Options) -> Outcome {
    if let Some(Part::Reuse(options)) = &options.part {
        return reuse::run(options);
    }
    let dir = options.dir.clone().unwrap_or_else(|| repo::root().join("target/bench"));
    if options.clean {
        return Arena::open(&dir)?.clean();
    }
    let programs = programs::build_release()?;
    let arena = Arena::open(&dir)?;
    let toolbox = Toolbox::open(programs.manager, &arena)?;
    out::say(&table::machine(&machine::describe(arena.trees(), &toolbox)));
    let measured = measure_all(options, &arena, &toolbox, &programs.service)?;
    out::say(&targets::render(&measured, options.scale()));
    Ok(())
}

fn measure_all(options: &Options, arena: &Arena, toolbox: &Toolbox, service: &Path) -> Outcome<Measured> {
    let (mut standings, mut figures) = (Vec::new(), Figures::new());
    for work in options.works() {
        out::complain(&format!("Preparing: {work}"));
        if work == Work::Neighbour {
            out::say(&neighbour::show(arena, toolbox, options.scale())?);
        } else if work == Work::History {
            out::say(&history::show(arena, toolbox, options)?);
        } else if work == Work::Shapes {
            out::say(&shapes::show(arena, toolbox, options)?);
        } else if work == Work::Schedules {
            figures.extend(schedules::play(arena, toolbox, service, options)?);
        } else if work == Work::Restore {
            let standing = restore::play(arena, toolbox, options)?;
            out::say(&table::standing(&standing));
            standings.push(standing);
        } else if work == Work::Verify {
            let standing = verify::play(arena, toolbox, options)?;
            out::say(&table::standing(&standing));
            standings.push(standing);
        } else if let Some(reason) = toolbox.absence(work.ours()) {
            out::say(&format!("### {work}\n\nNot measured: {reason}.\n"));
        } else {
            let standing = rounds::play(arena, toolbox, work, options)?;
            out::say(&table::standing(&standing));
            standings.push(standing);
        }
    }
    Ok(Measured { standings, figures })
}
