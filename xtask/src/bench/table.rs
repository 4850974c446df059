//! The figures as Markdown.

use crate::bench::rounds::{Lane, Run, Standing, mega};
use crate::bench::stats::Spread;

const HEAD: [&str; 9] = [
    "program",
    "until durable",
    "least to most",
    "ours / this",
    "until written",
    "ours, durable / this",
    "user + system",
    "peak memory",
    "archive",
];

pub(crate) const LEGEND: &str = "\
All times are medians, the programs running in turn, the tree in the page cache. \"Until durable\" includes the fsync of \
the archive (`sync -d` for the others), and for Backup Manager its SHA-256 and the publishing; \"until written\" is \
without the fsync. A restore is durable after `sync -f`, for everybody. Ratios are Backup Manager's time over the program's: the median over the rounds, least to most in \
brackets. Peak memory is that of the largest process.";

pub(crate) fn machine(facts: &[(&str, String)]) -> String {
    let lines: String = facts.iter().map(|(word, value)| format!("- {word}: {value}\n")).collect();
    format!("{lines}\n{LEGEND}\n")
}

pub(crate) fn standing(standing: &Standing) -> String {
    let footprint = standing.footprint;
    let rounds =
        standing.lanes.iter().filter_map(|lane| lane.runs.as_ref().ok()).map(Vec::len).max().unwrap_or(0);
    let size = format!(
        "files: {}, folders: {}, MB: {:.0}, rounds: {rounds}",
        footprint.files,
        footprint.folders,
        mega(footprint.bytes, 1_000_000)
    );
    let ours = standing.lanes.first().and_then(|lane| lane.runs.as_deref().ok()).unwrap_or_default();
    let rows: Vec<_> = (0..).zip(&standing.lanes).map(|(index, lane)| row(lane, ours, index == 0)).collect();
    format!("### {}\n\n{size}\n\n{}", standing.work, markdown(&HEAD, &rows))
}

/// Returns a table whose columns are aligned in the source too.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |(column, title): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([title.chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<_> = head.iter().enumerate().map(width).collect();
    let titles: Vec<_> = head.iter().map(|&title| title.to_owned()).collect();
    let rule: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
    [&titles, &rule].into_iter().chain(rows).map(|cells| line(cells, &widths)).collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
    format!("| {} |\n", padded.join(" | "))
}

fn row(lane: &Lane, ours: &[Run], is_ours: bool) -> Vec<String> {
    let name = lane.tool.name().to_owned();
    let cells = match &lane.runs {
        Err(reason) => vec![(*reason).to_owned()],
        Ok(runs) if is_ours => own_cells(runs),
        Ok(runs) => their_cells(runs, ours),
    };
    let mut row: Vec<_> = [name].into_iter().chain(cells).collect();
    row.resize(HEAD.len(), "–".into());
    row
}

fn own_cells(runs: &[Run]) -> Vec<String> {
    let dash = || "–".to_owned();
    let [durable, spread] = durable(runs);
    [durable, spread, dash(), dash(), dash()].into_iter().chain(costs(runs)).collect()
}

fn their_cells(runs: &[Run], ours: &[Run]) -> Vec<String> {
    let [durable, spread] = durable(runs);
    let ours = || ours.iter().map(|run| run.durable_seconds());
    let to_durable = ratio(Spread::of_ratios(ours(), runs.iter().map(|run| run.durable_seconds())));
    let to_written = ratio(Spread::of_ratios(ours(), runs.iter().map(|run| run.wall_seconds())));
    let written = seconds(median(runs, Run::wall_seconds));
    [durable, spread, to_durable, written, to_written].into_iter().chain(costs(runs)).collect()
}

fn durable(runs: &[Run]) -> [String; 2] {
    let Some(spread) = Spread::of(runs.iter().map(|run| run.durable_seconds())) else {
        return ["–".into(), "–".into()];
    };
    [seconds(spread.median), format!("{:.2}–{:.2}", spread.least, spread.most)]
}

fn costs(runs: &[Run]) -> [String; 3] {
    let user = median(runs, |run| run.cost.user.as_secs_f64());
    let system = median(runs, |run| run.cost.system.as_secs_f64());
    let archive = median(runs, |run| mega(run.archive_bytes, 1_000_000));
    [
        format!("{user:.2} + {system:.2} s"),
        format!("{:.1} MiB", median(runs, Run::peak_mebibytes)),
        format!("{archive:.0} MB"),
    ]
}

fn median(runs: &[Run], value: impl Fn(Run) -> f64) -> f64 {
    Spread::of(runs.iter().map(|&run| value(run))).map_or(f64::NAN, |spread| spread.median)
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

pub(crate) fn ratio(spread: Option<Spread>) -> String {
    let show = |spread: Spread| format!("{:.2} ({:.2}–{:.2})", spread.median, spread.least, spread.most);
    spread.map_or_else(|| "–".into(), show)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::measure::Cost;
    use crate::bench::tools::Tool;
    use crate::bench::walk::Footprint;
    use crate::bench::work::Work;

    /// Makes one run a round from milliseconds until written and until durable.
    pub(crate) fn runs(times: &[(u64, u64)], peak_mebibytes: u64) -> Vec<Run> {
        let run = |&(wall, durable): &(u64, u64)| {
            let [wall, durable, user, system] =
                [wall, durable, wall / 4, wall / 2].map(Duration::from_millis);
            let cost = Cost { wall, durable, user, system, peak_bytes: peak_mebibytes << 20 };
            Run { cost, archive_bytes: 825_000_000 }
        };
        times.iter().map(run).collect()
    }

    pub(crate) fn fixed(work: Work) -> Standing {
        let lane = |tool, runs| Lane { tool, runs };
        let lanes = vec![
            lane(Tool::Ours, Ok(runs(&[(1000, 1000), (1400, 1400), (1200, 1200)], 12))),
            lane(Tool::Tar, Ok(runs(&[(1500, 2000), (1600, 2100), (1700, 2000)], 3))),
            lane(Tool::Bsdtar, Err("not installed")),
            lane(Tool::Python, Ok(runs(&[(9000, 9500), (9100, 9600), (9200, 9700)], 130))),
        ];
        Standing { work, footprint: Footprint { files: 50_000, folders: 2_041, bytes: 781_000_000 }, lanes }
    }

    #[test]
    fn a_standing_is_a_table() {
        insta::assert_snapshot!(standing(&fixed(Work::Small)), @r"
        ### Small files

        files: 50000, folders: 2041, MB: 781, rounds: 3

        | program        | until durable | least to most | ours / this      | until written | ours, durable / this | user + system | peak memory | archive |
        | -------------- | ------------- | ------------- | ---------------- | ------------- | -------------------- | ------------- | ----------- | ------- |
        | Backup Manager | 1.20 s        | 1.00–1.40     | –                | –             | –                    | 0.30 + 0.60 s | 12.0 MiB    | 825 MB  |
        | GNU tar        | 2.00 s        | 2.00–2.10     | 0.60 (0.50–0.67) | 1.60 s        | 0.71 (0.67–0.87)     | 0.40 + 0.80 s | 3.0 MiB     | 825 MB  |
        | bsdtar         | not installed | –             | –                | –             | –                    | –             | –           | –       |
        | Python tarfile | 9.60 s        | 9.50–9.70     | 0.12 (0.11–0.15) | 9.10 s        | 0.13 (0.11–0.15)     | 2.27 + 4.55 s | 130.0 MiB   | 825 MB  |
        ");
    }

    #[test]
    fn a_machine_is_a_list() {
        let facts = [("Processor", "A CPU".to_owned()), ("Cores", "2".to_owned())];
        assert!(machine(&facts).starts_with("- Processor: A CPU\n- Cores: 2\n\nAll times"));
    }

    #[test]
    fn cells_are_padded_by_characters() {
        let table = markdown(&["a", "b"], &[vec!["–".into(), "four".into()]]);
        assert_eq!(table, "| a   | b    |\n| --- | ---- |\n| –   | four |\n");
    }
}
