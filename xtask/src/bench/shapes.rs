//! The same files in folders of different shapes. The figures must not hang on one of them.

use crate::bench::arena::Arena;
use crate::bench::contents::Stuff;
use crate::bench::options::Options;
use crate::bench::rounds::{self, Lane, Run, Stage};
use crate::bench::stats::Spread;
use crate::bench::tools::{Tool, Toolbox};
use crate::bench::trees::{Form, Tree};
use crate::bench::work::Work;
use crate::bench::{restore, table, verify, walk};
use crate::failure::Outcome;
use crate::out;

/// How everybody did on one tree.
struct Shape {
    name: String,
    packed: Vec<Lane>,
    restored: Vec<Lane>,
    verified: Vec<Lane>,
}

const FORMS: [(Form, &str); 3] = [
    (Form::Lone, "one file in each folder"),
    (Form::Home, "a home folder"),
    (Form::Level, "all files in one folder"),
];

const STUFFS: [(Stuff, &str); 2] = [(Stuff::Noise, "incompressible"), (Stuff::Text, "compressible")];

const HEAD: [&str; 7] = [
    "tree",
    "first run",
    "of GNU tar",
    "of GNU tar like for like",
    "compressed, of tar into zstd",
    "restored, of GNU tar",
    "verified, of sha256sum",
];

/// Returns the table of all shapes.
pub(crate) fn show(arena: &Arena, toolbox: &Toolbox, options: &Options) -> Outcome<String> {
    let mut shapes = Vec::new();
    for (form, form_name) in FORMS {
        for (stuff, stuff_name) in STUFFS {
            let name = format!("{form_name}, {stuff_name}");
            out::complain(&format!("Preparing: {name}"));
            shapes.push(play(arena, toolbox, options, name, Tree::Shaped(form, stuff))?);
        }
    }
    Ok(render(&shapes))
}

fn play(arena: &Arena, toolbox: &Toolbox, options: &Options, name: String, tree: Tree) -> Outcome<Shape> {
    let tree = &tree.ready(options.scale(), arena)?;
    let footprint = walk::warm(tree)?;
    let stage = Stage { title: &name, tree, footprint, rounds: options.runs(Work::Shapes) };
    let packers = [Tool::Ours, Tool::Tar, Tool::TarLike, Tool::OursZst, Tool::TarZst];
    let packed = rounds::pack(arena, toolbox, &stage, &packers)?;
    let restored = restore::restore(arena, toolbox, &stage, &[Tool::Ours, Tool::Tar])?;
    let verified = verify::verify(arena, toolbox, &stage, &[Tool::Ours, Tool::Sha256sum])?;
    Ok(Shape { name, packed, restored, verified })
}

fn render(shapes: &[Shape]) -> String {
    let rows: Vec<_> = shapes.iter().map(Shape::row).collect();
    format!("### {}\n\n{LEGEND}\n\n{}", Work::Shapes, table::markdown(&HEAD, &rows))
}

const LEGEND: &str = "50,000 files of 15 KB on average; a home folder has a few large ones too. \"First run\" is our time until the archive \
is durable. All else are our times over those of others in the same round: the median, least to most in brackets. \"Like for \
like\" is `tar --format=posix --xattrs --acls`. Restored is without a sync, for both.";

impl Shape {
    fn row(&self) -> Vec<String> {
        let durable = |run: &Run| run.durable_seconds();
        let wall = |run: &Run| run.wall_seconds();
        let first = Spread::of(runs(&self.packed, Tool::Ours).iter().map(durable));
        vec![
            self.name.clone(),
            first.map_or_else(|| "–".into(), |spread| format!("{:.2} s", spread.median)),
            ratio(&self.packed, Tool::Ours, Tool::Tar, durable),
            ratio(&self.packed, Tool::Ours, Tool::TarLike, durable),
            ratio(&self.packed, Tool::OursZst, Tool::TarZst, durable),
            ratio(&self.restored, Tool::Ours, Tool::Tar, wall),
            ratio(&self.verified, Tool::Ours, Tool::Sha256sum, wall),
        ]
    }
}

fn runs(lanes: &[Lane], tool: Tool) -> &[Run] {
    let lane = lanes.iter().find(|lane| lane.tool == tool);
    lane.and_then(|lane| lane.runs.as_deref().ok()).unwrap_or_default()
}

fn ratio(lanes: &[Lane], ours: Tool, theirs: Tool, seconds: impl Fn(&Run) -> f64) -> String {
    let [ours, theirs] = [ours, theirs].map(|tool| runs(lanes, tool).iter().map(&seconds));
    table::ratio(Spread::of_ratios(ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::table::tests::runs as of_times;

    #[test]
    fn a_shape_is_a_row_of_ratios() {
        let lane = |tool, times: &[(u64, u64)]| Lane { tool, runs: Ok(of_times(times, 9)) };
        let ours = [(900, 1_000), (1_400, 1_500), (1_100, 1_200)];
        let shape = Shape {
            name: "one file in each folder, incompressible".into(),
            packed: vec![
                lane(Tool::Ours, &ours),
                lane(Tool::Tar, &[(1_000, 2_000), (1_000, 2_000), (1_000, 2_000)]),
                Lane { tool: Tool::TarLike, runs: Err("not installed") },
            ],
            restored: vec![lane(Tool::Ours, &ours), lane(Tool::Tar, &ours)],
            verified: vec![lane(Tool::Ours, &[(250, 250)]), lane(Tool::Sha256sum, &[(1_000, 1_000)])],
        };
        let table = render(&[shape]);
        let row = table.lines().last().unwrap();
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(
            cells,
            [
                "one file in each folder, incompressible",
                "1.20 s",
                "0.60 (0.50–0.75)",
                "–",
                "–",
                "1.00 (1.00–1.00)",
                "0.25 (0.25–0.25)"
            ]
        );
    }
}
