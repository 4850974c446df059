//! What very many schedules cost: the commands that read or change them, and the service while nothing is due.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::bench::arena::Arena;
use crate::bench::figures::{Figure, Figures};
use crate::bench::idle;
use crate::bench::measure::{self, Cost};
use crate::bench::options::Options;
use crate::bench::rounds::{label, mega};
use crate::bench::stats::Spread;
use crate::bench::table;
use crate::bench::tools::Toolbox;
use crate::bench::trees::Scale;
use crate::bench::work::Work;
use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::{out, programs};

const LEGEND: &str = "\
Medians, least to most in brackets. A look is one pass of the service when nothing has changed and nothing is due. The \
year is the test of the core that runs 50 schedules for 365 days, in a debug build.";

/// How many schedules each home has.
const FULL: [usize; 2] = [10, 100_000];
const QUICK: [usize; 2] = [10, 100];

const COMMANDS: [Command; 7] = [
    Command { words: "list", figures: &[(Figure::ListProcessor, processor), (Figure::ListWall, wall)] },
    Command { words: "list --json", figures: &[] },
    Command { words: "status", figures: &[(Figure::StatusWall, wall), (Figure::StatusMebibytes, mebibytes)] },
    Command { words: "status --json", figures: &[(Figure::StatusJsonMebibytes, mebibytes)] },
    Command { words: "next -n 10", figures: &[(Figure::NextWall, wall)] },
    Command { words: "create src;05:00;new@", figures: &[(Figure::CreateWall, wall)] },
    Command { words: "edit x5 --folder other@", figures: &[(Figure::EditWall, wall)] },
];

struct Command {
    /// What is typed; `@` is the round.
    words: &'static str,
    /// What is compared with a target.
    figures: &'static [(Figure, Quantity)],
}

/// What counts of a cost.
type Quantity = fn(&Cost) -> f64;

/// The costs of one command, a list of rounds for each home.
type Costs = Vec<Vec<Cost>>;

/// Prints the tables, and returns what is compared with targets.
pub(crate) fn play(arena: &Arena, toolbox: &Toolbox, service: &Path, options: &Options) -> Outcome<Figures> {
    let sizes = if options.scale() == Scale::Quick { QUICK } else { FULL };
    let homes = homes(arena, sizes)?;
    let rounds = options.runs(Work::Schedules);
    let costs = COMMANDS.iter().map(|command| command.play(toolbox, &homes, rounds));
    let costs = costs.collect::<Outcome<Vec<_>>>()?;
    out::say(&commands_table(sizes, &costs));
    let looks = idle::looks(service, &[&homes[0], &homes[1]], rounds)?;
    let year = year(rounds)?;
    out::say(&others_table(sizes, &looks, &year));
    Ok(figures(&costs, &looks, &year))
}

/// Makes the homes. What they plan is due in half a day, in UTC.
fn homes(arena: &Arena, sizes: [usize; 2]) -> Outcome<[PathBuf; 2]> {
    let output = arena.fresh_output()?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    let hour = (seconds / 3_600 + 12) % 24;
    let [few, many] = sizes.map(|size| (output.join(format!("home-{size}")), size));
    for (home, size) in [&few, &many] {
        write(home, *size, hour).map_err(Failure::doing(format!("write {}", home.display())))?;
    }
    Ok([few.0, many.0])
}

fn write(home: &Path, schedules: usize, hour: u64) -> std::io::Result<()> {
    for folder in ["logs", "backups"] {
        fs::create_dir_all(home.join(folder))?;
    }
    let lines = (0..schedules).map(|name| format!("src;{hour:02}:00;x{name};keep=last:9\n"));
    fs::write(home.join("backup_schedules.txt"), lines.collect::<String>())
}

impl Command {
    fn play(&self, toolbox: &Toolbox, homes: &[PathBuf; 2], rounds: u32) -> Outcome<Costs> {
        let mut costs = vec![Vec::new(); homes.len()];
        for round in 0..=rounds {
            for (home, costs) in homes.iter().zip(&mut costs) {
                let words: Vec<_> = self.words.split(' ').map(|word| of_round(word, round)).collect();
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                let cost = measure::measured(&self.call(toolbox, home, &words), None)?;
                if round > 0 {
                    costs.push(cost);
                }
            }
            out::complain(&format!("{}, {}: {}", Work::Schedules, label(round), self.words));
        }
        Ok(costs)
    }
}

impl Command {
    /// `status` fails as long as no service runs; the others don't.
    fn call(&self, toolbox: &Toolbox, home: &Path, words: &[&str]) -> Call {
        if self.words.starts_with("status") {
            toolbox.managing(home, words)
        } else {
            toolbox.calling(home, words)
        }
    }
}

fn of_round(word: &str, round: u32) -> String {
    word.replace('@', &round.to_string())
}

/// Simulates a year that often.
fn year(rounds: u32) -> Outcome<Vec<Cost>> {
    let tests = programs::build_use_cases()?;
    let call = Call::new(tests).args(["a_year_of_fifty_schedules_runs_each_day_of_each"]);
    (0..rounds).map(|_| measure::measured(&call, None)).collect()
}

fn processor(cost: &Cost) -> f64 {
    (cost.user + cost.system).as_secs_f64()
}

fn wall(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64()
}

fn mebibytes(cost: &Cost) -> f64 {
    mega(cost.peak_bytes, 1 << 20)
}

fn median(costs: &[Cost], value: Quantity) -> Option<Spread> {
    Spread::of(costs.iter().map(value))
}

fn figures(costs: &[Costs], looks: &[Vec<f64>], year: &[Cost]) -> Figures {
    let commands = COMMANDS.iter().zip(costs).flat_map(|(command, costs)| {
        let many = costs.last().map(Vec::as_slice).unwrap_or_default();
        command.figures.iter().map(|(figure, value)| (*figure, median(many, *value)))
    });
    let few = looks.first().cloned().unwrap_or_default();
    let many = looks.last().cloned().unwrap_or_default();
    let others = [
        (Figure::IdleLook, Spread::of(many.clone())),
        (Figure::IdleLookGrowth, Spread::of_ratios(many, few)),
        (Figure::YearProcessor, median(year, processor)),
    ];
    commands.chain(others).filter_map(|(figure, spread)| Some((figure, spread?.median))).collect()
}

fn commands_table(sizes: [usize; 2], costs: &[Costs]) -> String {
    let [few, many] = sizes;
    let head = [
        "command".to_owned(),
        format!("{few} schedules, processor"),
        format!("{many}, processor"),
        format!("{many}, wall"),
        format!("{many}, peak memory"),
    ];
    let head: Vec<_> = head.iter().map(String::as_str).collect();
    let rows = COMMANDS.iter().zip(costs).map(|(command, costs)| {
        let [few, many] = [costs.first(), costs.last()].map(|costs| costs.map_or(&[][..], Vec::as_slice));
        let memory =
            median(many, mebibytes).map_or_else(String::new, |spread| format!("{:.0} MiB", spread.median));
        let [few, busy, wall] =
            [median(few, processor), median(many, processor), median(many, wall)].map(seconds);
        vec![format!("`{}`", of_round(command.words, 1)), few, busy, wall, memory]
    });
    format!("### {}\n\n{LEGEND}\n\n{}", Work::Schedules, table::markdown(&head, &rows.collect::<Vec<_>>()))
}

fn others_table(sizes: [usize; 2], looks: &[Vec<f64>], year: &[Cost]) -> String {
    let look = |(size, looks): (&usize, &Vec<f64>)| {
        vec![format!("an idle look, {size} schedules"), milliseconds(Spread::of(looks.iter().copied()))]
    };
    let year = vec!["a simulated year of 50 schedules".to_owned(), seconds(median(year, processor))];
    let rows: Vec<_> = sizes.iter().zip(looks).map(look).chain([year]).collect();
    table::markdown(&["what", "processor"], &rows)
}

fn seconds(spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |spread| {
        format!("{:.2} s ({:.2}–{:.2})", spread.median, spread.least, spread.most)
    })
}

fn milliseconds(spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |spread| {
        format!("{:.3} ms ({:.3}–{:.3})", spread.median, spread.least, spread.most)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cost(milliseconds: u64) -> Cost {
        let wall = Duration::from_millis(milliseconds);
        Cost { wall, durable: wall, user: wall / 2, system: wall / 4, peak_bytes: milliseconds << 20 }
    }

    fn costs() -> Vec<Costs> {
        let of_home = |milliseconds: [u64; 3]| milliseconds.map(cost).to_vec();
        vec![vec![of_home([4, 4, 8]), of_home([200, 400, 300])]; COMMANDS.len()]
    }

    #[test]
    fn what_has_a_target_is_the_median_of_the_many() {
        let looks = [vec![0.5, 0.25, 0.75], vec![0.5, 0.5, 0.75]];
        let figures = figures(&costs(), &looks, &[cost(4_000)]);
        let value = |figure| figures.iter().find(|(other, _)| *other == figure).map(|(_, value)| *value);
        assert_eq!(value(Figure::ListWall), Some(0.3));
        assert_eq!(value(Figure::ListProcessor), Some(0.225));
        assert_eq!(value(Figure::StatusMebibytes), Some(300.0));
        assert_eq!(value(Figure::IdleLook), Some(0.5));
        assert_eq!(value(Figure::IdleLookGrowth), Some(1.0), "the median of the ratios 1, 2 and 1");
        assert_eq!(value(Figure::YearProcessor), Some(3.0));
        assert_eq!(figures.len(), 11, "each figure has its target");
    }

    #[test]
    fn the_tables_show_all_that_was_measured() {
        insta::assert_snapshot!(commands_table(FULL, &costs()[..1]), @r"
        ### Very many schedules

        Medians, least to most in brackets. A look is one pass of the service when nothing has changed and nothing is due. The year is the test of the core that runs 50 schedules for 365 days, in a debug build.

        | command | 10 schedules, processor | 100000, processor  | 100000, wall       | 100000, peak memory |
        | ------- | ----------------------- | ------------------ | ------------------ | ------------------- |
        | `list`  | 0.00 s (0.00–0.01)      | 0.23 s (0.15–0.30) | 0.30 s (0.20–0.40) | 300 MiB             |
        ");
        insta::assert_snapshot!(others_table(FULL, &[vec![0.04], vec![0.05]], &[cost(4_000)]), @r"
        | what                             | processor              |
        | -------------------------------- | ---------------------- |
        | an idle look, 10 schedules       | 0.040 ms (0.040–0.040) |
        | an idle look, 100000 schedules   | 0.050 ms (0.050–0.050) |
        | a simulated year of 50 schedules | 3.00 s (3.00–3.00)     |
        ");
    }

    #[test]
    fn a_round_has_a_name_of_its_own() {
        assert_eq!(of_round("src;05:00;new@", 3), "src;05:00;new3");
    }
}
