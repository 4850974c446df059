//! What Backup Manager set out to reach, and whether it does.

use crate::bench::figures::{Figure, Figures};
use crate::bench::rounds::{Run, Standing};
use crate::bench::stats::Spread;
use crate::bench::table;
use crate::bench::tools::Tool;
use crate::bench::trees::Scale;
use crate::bench::work::Work;

/// What is judged. Less is better in all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    /// Our time over that of another, both until durable.
    TimeOver(Tool),
    /// Our time over that of another, both until they are done.
    WallOver(Tool),
    PeakMebibytes,
    /// What stands for itself.
    Figure(Figure),
}

/// What was measured, and may have a target.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) standings: Vec<Standing>,
    pub(crate) figures: Figures,
}

struct Target {
    what: &'static str,
    work: Work,
    quantity: Quantity,
    most: f64,
    stretch: f64,
}

const TARGETS: [Target; 19] = [
    Target {
        what: "small files against GNU tar",
        work: Work::Small,
        quantity: Quantity::TimeOver(Tool::Tar),
        most: 0.75,
        stretch: 0.50,
    },
    Target {
        what: "one large file against GNU tar",
        work: Work::Large,
        quantity: Quantity::TimeOver(Tool::Tar),
        most: 0.90,
        stretch: 0.60,
    },
    Target {
        what: "small files against Python's tarfile",
        work: Work::Small,
        quantity: Quantity::TimeOver(Tool::Python),
        most: 0.15,
        stretch: 0.10,
    },
    Target {
        what: "small files compressed, against GNU tar into zstd",
        work: Work::Zst,
        quantity: Quantity::TimeOver(Tool::TarZst),
        most: 0.85,
        stretch: 0.60,
    },
    Target {
        what: "small files restored, against GNU tar",
        work: Work::Restore,
        quantity: Quantity::WallOver(Tool::Tar),
        most: 0.90,
        stretch: 0.60,
    },
    Target {
        what: "an archive verified, against sha256sum",
        work: Work::Verify,
        quantity: Quantity::WallOver(Tool::Sha256sum),
        most: 1.00,
        stretch: 0.60,
    },
    Target {
        what: "peak memory, a million files in folders (MiB)",
        work: Work::Million,
        quantity: Quantity::PeakMebibytes,
        most: 64.0,
        stretch: 32.0,
    },
    Target {
        what: "peak memory, a million files in one folder (MiB)",
        work: Work::Flat,
        quantity: Quantity::PeakMebibytes,
        most: 64.0,
        stretch: 32.0,
    },
    Target {
        what: "an idle look at 100,000 schedules (ms of processor)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::IdleLook),
        most: 1.00,
        stretch: 0.25,
    },
    Target {
        what: "an idle look at 100,000 schedules against one at 10",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::IdleLookGrowth),
        most: 1.50,
        stretch: 1.10,
    },
    Target {
        what: "`list` of 100,000 schedules (s of processor)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::ListProcessor),
        most: 0.30,
        stretch: 0.20,
    },
    Target {
        what: "`list` of 100,000 schedules (s)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::ListWall),
        most: 0.30,
        stretch: 0.20,
    },
    Target {
        what: "`status` of 100,000 schedules (s)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::StatusWall),
        most: 1.00,
        stretch: 0.60,
    },
    Target {
        what: "peak memory, `status` of 100,000 schedules (MiB)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::StatusMebibytes),
        most: 64.0,
        stretch: 48.0,
    },
    Target {
        what: "peak memory, `status --json` of 100,000 schedules (MiB)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::StatusJsonMebibytes),
        most: 128.0,
        stretch: 64.0,
    },
    Target {
        what: "`next -n 10` of 100,000 schedules (s)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::NextWall),
        most: 1.00,
        stretch: 0.30,
    },
    Target {
        what: "`create` beside 100,000 schedules (s)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::CreateWall),
        most: 1.00,
        stretch: 0.50,
    },
    Target {
        what: "`edit` beside 100,000 schedules (s)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::EditWall),
        most: 1.00,
        stretch: 0.50,
    },
    Target {
        what: "a simulated year of 50 schedules, debug build (s of processor)",
        work: Work::Schedules,
        quantity: Quantity::Figure(Figure::YearProcessor),
        most: 5.00,
        stretch: 3.00,
    },
];

pub(crate) fn render(measured: &Measured, scale: Scale) -> String {
    if scale == Scale::Quick {
        return "The targets are not judged: these trees are too small to tell.".into();
    }
    let rows: Vec<_> = TARGETS.iter().map(|target| target.row(measured)).collect();
    format!(
        "### Targets\n\n{}",
        table::markdown(&["target", "at most", "stretch", "measured", "verdict"], &rows)
    )
}

impl Target {
    fn row(&self, measured: &Measured) -> Vec<String> {
        let measured = self.measured(measured);
        let value = measured.map_or_else(|| "–".into(), |measured| self.show(measured));
        let verdict = self.verdict(measured).into();
        vec![self.what.into(), self.show(self.most), self.show(self.stretch), value, verdict]
    }

    fn measured(&self, measured: &Measured) -> Option<f64> {
        if let Quantity::Figure(figure) = self.quantity {
            return measured.figures.iter().find(|(other, _)| *other == figure).map(|(_, value)| *value);
        }
        let standing = measured.standings.iter().find(|standing| standing.work == self.work)?;
        let ours = standing.runs(self.work.ours());
        let durable = |runs: &[Run]| runs.iter().map(|run| run.durable_seconds()).collect::<Vec<_>>();
        let wall = |runs: &[Run]| runs.iter().map(|run| run.wall_seconds()).collect::<Vec<_>>();
        let spread = match self.quantity {
            Quantity::TimeOver(tool) => Spread::of_ratios(durable(ours), durable(standing.runs(tool))),
            Quantity::WallOver(tool) => Spread::of_ratios(wall(ours), wall(standing.runs(tool))),
            Quantity::PeakMebibytes => Spread::of(ours.iter().map(|run| run.peak_mebibytes())),
            Quantity::Figure(_) => None,
        };
        spread.map(|spread| spread.median)
    }

    fn verdict(&self, measured: Option<f64>) -> &'static str {
        match measured {
            None => "not measured",
            Some(value) if value <= self.stretch => "stretch reached",
            Some(value) if value <= self.most => "met",
            Some(_) => "missed",
        }
    }

    fn show(&self, value: f64) -> String {
        match self.quantity {
            Quantity::TimeOver(_) | Quantity::WallOver(_) => format!("{value:.2}"),
            Quantity::PeakMebibytes => format!("{value:.0}"),
            Quantity::Figure(figure) => figure.show(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::table::tests::fixed;

    #[test]
    fn each_target_has_its_verdict() {
        let standings = [Work::Small, Work::Million].map(fixed).into();
        let figures = vec![(Figure::IdleLook, 0.084), (Figure::StatusMebibytes, 64.6)];
        insta::assert_snapshot!(render(&Measured { standings, figures }, Scale::Full), @r"
        ### Targets

        | target                                                         | at most | stretch | measured | verdict         |
        | -------------------------------------------------------------- | ------- | ------- | -------- | --------------- |
        | small files against GNU tar                                    | 0.75    | 0.50    | 0.60     | met             |
        | one large file against GNU tar                                 | 0.90    | 0.60    | –        | not measured    |
        | small files against Python's tarfile                           | 0.15    | 0.10    | 0.12     | met             |
        | small files compressed, against GNU tar into zstd              | 0.85    | 0.60    | –        | not measured    |
        | small files restored, against GNU tar                          | 0.90    | 0.60    | –        | not measured    |
        | an archive verified, against sha256sum                         | 1.00    | 0.60    | –        | not measured    |
        | peak memory, a million files in folders (MiB)                  | 64      | 32      | 12       | stretch reached |
        | peak memory, a million files in one folder (MiB)               | 64      | 32      | –        | not measured    |
        | an idle look at 100,000 schedules (ms of processor)            | 1.00    | 0.25    | 0.08     | stretch reached |
        | an idle look at 100,000 schedules against one at 10            | 1.50    | 1.10    | –        | not measured    |
        | `list` of 100,000 schedules (s of processor)                   | 0.30    | 0.20    | –        | not measured    |
        | `list` of 100,000 schedules (s)                                | 0.30    | 0.20    | –        | not measured    |
        | `status` of 100,000 schedules (s)                              | 1.00    | 0.60    | –        | not measured    |
        | peak memory, `status` of 100,000 schedules (MiB)               | 64      | 48      | 65       | missed          |
        | peak memory, `status --json` of 100,000 schedules (MiB)        | 128     | 64      | –        | not measured    |
        | `next -n 10` of 100,000 schedules (s)                          | 1.00    | 0.30    | –        | not measured    |
        | `create` beside 100,000 schedules (s)                          | 1.00    | 0.50    | –        | not measured    |
        | `edit` beside 100,000 schedules (s)                            | 1.00    | 0.50    | –        | not measured    |
        | a simulated year of 50 schedules, debug build (s of processor) | 5.00    | 3.00    | –        | not measured    |
        ");
    }

    #[test]
    fn quick_trees_judge_nothing() {
        let nothing = Measured { standings: Vec::new(), figures: Figures::new() };
        assert!(render(&nothing, Scale::Quick).starts_with("The targets are not judged"));
    }

    #[test]
    fn a_verdict_includes_its_bound() {
        let target = &TARGETS[0];
        let verdicts =
            [Some(0.5), Some(0.51), Some(0.75), Some(0.76), None].map(|value| target.verdict(value));
        assert_eq!(verdicts, ["stretch reached", "met", "met", "missed", "not measured"]);
    }

    #[test]
    fn a_stretch_lies_beyond_its_target() {
        assert!(TARGETS.iter().all(|target| target.stretch < target.most));
    }
}
