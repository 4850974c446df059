//! The tools of the house, called as `cargo xtask TASK`: this file only wires them to the command line.

mod args;
mod bench;
mod ci;
mod command;
mod demo;
mod dist;
mod failure;
mod install;
mod out;
mod programs;
mod repo;
mod simulate;
mod tidy;
mod torture;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Task};

fn main() -> ExitCode {
    let result = match Args::parse().task {
        Task::Ci => ci::run(),
        Task::Tidy { graph: false } => tidy::run(),
        Task::Tidy { graph: true } => tidy::survey(),
        Task::Demo { keep } => demo::run(keep),
        Task::Bench(options) => bench::run(&options),
        Task::Measure(job) => bench::measure(&job),
        Task::Torture { args } => torture::run(args),
        Task::Simulate(options) => simulate::run(options),
        Task::Dist { debug, check } => dist::run(debug, check),
        Task::Install { root } => install::run(root),
    };
    failure::exit_code(result)
}
