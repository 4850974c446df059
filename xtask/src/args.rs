//! The command line of `cargo xtask`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{bench, simulate};

/// The tools of the house that Backup Manager is built in.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", after_help = "Example: cargo xtask ci")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Task {
    /// Run everything that guards the house, and stop at the first thing that fails
    #[command(after_help = "Example: cargo xtask ci")]
    Ci,
    /// Check what no compiler checks: who imports whom, where versions stand, the form of the files, links
    #[command(after_help = "Example: cargo xtask tidy --graph")]
    Tidy {
        /// Print the circles and the upward imports of every crate, also where no rule is switched on, and succeed
        #[arg(long)]
        graph: bool,
    },
    /// Build both programs and let them back up this repository's `crates` folder, in a home of its own
    #[command(after_help = "Example: cargo xtask demo --keep")]
    Demo {
        /// Leave the home folder in place afterwards, to look around in it
        #[arg(long)]
        keep: bool,
    },
    /// Measure backups against tar, bsdtar and Python's tarfile, and print the figures as Markdown
    #[command(after_help = "Example: cargo xtask bench --work small --runs 3")]
    Bench(bench::Options),
    /// Run one program and print what it used, for `bench`
    #[command(hide = true, after_help = "Example: cargo xtask measure -- true")]
    Measure(bench::Job),
    /// Build both programs in release, and try what they promise at every point where a machine can fail
    #[command(after_help = "Example: cargo xtask torture kill")]
    Torture {
        /// What to hand on: the names of proofs, `--quick`; `--help` tells which there are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        args: Vec<String>,
    },
    /// Simulate days of schedules with everything that goes wrong in them: no run missed, none made twice
    #[command(after_help = "Example: cargo xtask simulate --days 1000000 --seed 1")]
    Simulate(simulate::Options),
    /// Make a release in target/dist: an archive, a Debian package and their sums
    #[command(after_help = "Example: cargo xtask dist --debug --check")]
    Dist {
        /// Take debug builds of the programs
        #[arg(long)]
        debug: bool,
        /// Make no release: prove that its Debian package installs, upgrades and goes
        #[arg(long)]
        check: bool,
    },
    /// Build both programs in release and install them side by side
    #[command(after_help = "Example: cargo xtask install --root ~/.local")]
    Install {
        /// Install into DIR/bin [default: ~/.local, or /usr/local for root]
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn check(line: &str, expected: Option<&Task>) {
        let parsed = Args::try_parse_from(line.split(' ')).ok();
        assert_eq!(parsed.as_ref().map(|args| &args.task), expected, "{line}");
    }

    #[test]
    fn every_task_is_understood() {
        check("xtask ci", Some(&Task::Ci));
        check("xtask tidy", Some(&Task::Tidy { graph: false }));
        check("xtask tidy --graph", Some(&Task::Tidy { graph: true }));
        check("xtask demo", Some(&Task::Demo { keep: false }));
        check("xtask demo --keep", Some(&Task::Demo { keep: true }));
        check("xtask install", Some(&Task::Install { root: None }));
        check("xtask dist", Some(&Task::Dist { debug: false, check: false }));
        check("xtask dist --debug --check", Some(&Task::Dist { debug: true, check: true }));
        check("xtask install --root /opt/x", Some(&Task::Install { root: Some("/opt/x".into()) }));
        check("xtask torture", Some(&Task::Torture { args: vec![] }));
        let args = vec!["kill".to_owned(), "--quick".to_owned()];
        check("xtask torture kill --quick", Some(&Task::Torture { args }));
        let options = |days, seed: Option<&str>, episode: Option<&str>| {
            Task::Simulate(simulate::Options {
                days,
                seed: seed.map(Into::into),
                episode: episode.map(Into::into),
            })
        };
        check("xtask simulate", Some(&options(1_000_000, None, None)));
        check("xtask simulate --days 5 --seed 7", Some(&options(5, Some("7"), None)));
        check("xtask simulate --episode 0x1f", Some(&options(1_000_000, None, Some("0x1f"))));
        check("xtask bake", None);
    }

    fn check_bench(line: &str, expected: Option<bench::Options>) {
        check(line, expected.map(Task::Bench).as_ref());
    }

    #[test]
    fn a_bench_measures_what_it_is_given() {
        let all = || bench::Options {
            part: None,
            runs: 5,
            work: Vec::new(),
            dir: None,
            quick: false,
            clean: false,
        };
        let works = vec![bench::Work::Small, bench::Work::Neighbour];
        check_bench("xtask bench", Some(all()));
        check_bench("xtask bench --quick", Some(bench::Options { quick: true, ..all() }));
        check_bench(
            "xtask bench --work small --work neighbour",
            Some(bench::Options { work: works, ..all() }),
        );
        check_bench(
            "xtask bench --runs 3 --dir /d",
            Some(bench::Options { runs: 3, dir: Some("/d".into()), ..all() }),
        );
        check_bench("xtask bench --clean", Some(bench::Options { clean: true, ..all() }));
        check_bench("xtask bench --clean --quick", None);
        check_bench("xtask bench --runs 0", None);
        check_bench("xtask bench reuse --row nothing", None);
        check_bench("xtask bench --quick reuse", None);
        let reuse = Args::try_parse_from("xtask bench reuse --row month --row second --small".split(' '));
        assert!(matches!(reuse.map(|args| args.task), Ok(Task::Bench(bench::Options { part: Some(_), .. }))));
        check_bench("xtask bench --work nothing", None);
    }

    #[test]
    fn every_help_text_ends_with_an_example() {
        Args::command().debug_assert();
        for task in Args::command().get_subcommands_mut() {
            let help = task.render_help().to_string();
            let example = format!("Example: cargo xtask {}", task.get_name());
            assert!(help.lines().last().is_some_and(|line| line.starts_with(&example)), "{help}");
        }
    }
}
