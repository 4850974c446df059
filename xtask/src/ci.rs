//! The gate: everything that guards the house, in the order in which it fails fastest.

use std::time::{Duration, Instant};

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::{out, tidy};

/// All features, since the docs of the core lead to its testing kit.
const DOCS: &str = "doc --workspace --no-deps --all-features";

/// One thing that must hold.
struct Step {
    name: &'static str,
    /// What to type to run this step alone.
    line: String,
    work: Box<dyn Fn() -> Outcome>,
}

impl Step {
    fn call(name: &'static str, call: Call) -> Self {
        Self { name, line: call.line(), work: Box::new(move || call.run()) }
    }
}

pub(crate) fn run() -> Outcome {
    let start = Instant::now();
    let steps = steps();
    pass_all(&steps, &mut out::say)?;
    out::say(&format!("\nThe house stands: {} steps passed in {}.", steps.len(), seconds(start.elapsed())));
    Ok(())
}

/// The core is checked on its own as well: in a build of the whole workspace its dependencies have the features that
/// other crates ask for, chrono's clock among them.
fn steps() -> Vec<Step> {
    let cargo = |name, args| Step::call(name, Call::cargo(args));
    vec![
        cargo("format", "fmt --all -- --check"),
        Step { name: "tidy", line: "cargo xtask tidy".into(), work: Box::new(tidy::run) },
        cargo("core alone", "check -p backup-core"),
        cargo("core alone, lints", "clippy -p backup-core -- -D warnings"),
        cargo("lints", "clippy --workspace --all-targets -- -D warnings"),
        cargo("tests", "test --workspace"),
        Step::call("docs", Call::cargo(DOCS).env("RUSTDOCFLAGS", "-D warnings")),
    ]
}

fn pass_all(steps: &[Step], say: &mut dyn FnMut(&str)) -> Outcome {
    for (number, step) in (1..).zip(steps) {
        say(&format!("\n== {number}/{} {}", steps.len(), step.name));
        let start = Instant::now();
        (step.work)().map_err(|failure| explain(step, &failure))?;
        say(&format!("== {} passed in {}", step.name, seconds(start.elapsed())));
    }
    Ok(())
}

fn explain(step: &Step, failure: &Failure) -> Failure {
    Failure::new(format!("the step \"{}\" did not pass: {}", step.name, failure.message))
        .hint(format!("run it alone with `{}`", step.line))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    fn scripted(results: [Outcome; 3]) -> (Outcome, Vec<usize>) {
        let ran = Rc::new(RefCell::new(Vec::new()));
        let step = |(index, result): (usize, Outcome)| {
            let (ran, result) = (Rc::clone(&ran), RefCell::new(Some(result)));
            let work = move || {
                ran.borrow_mut().push(index);
                result.take().expect("each step runs once")
            };
            let name = ["first", "second", "third"][index];
            Step { name, line: format!("cargo {name}"), work: Box::new(work) }
        };
        let steps: Vec<_> = results.into_iter().enumerate().map(step).collect();
        let outcome = pass_all(&steps, &mut |_| ());
        let order = ran.borrow().clone();
        (outcome, order)
    }

    #[test]
    fn all_steps_run_in_order_when_they_pass() {
        assert_eq!(scripted([Ok(()), Ok(()), Ok(())]), (Ok(()), vec![0, 1, 2]));
    }

    #[test]
    fn the_first_failure_ends_it_and_is_reported_with_the_way_to_run_it_alone() {
        let (outcome, ran) = scripted([Ok(()), Err(Failure::new("broken")), Ok(())]);
        let expected =
            Failure::new("the step \"second\" did not pass: broken").hint("run it alone with `cargo second`");
        assert_eq!(outcome, Err(expected));
        assert_eq!(ran, [0, 1]);
    }

    #[test]
    fn the_gate_holds_every_step() {
        let lines: Vec<_> = steps().into_iter().map(|step| step.line).collect();
        let expected = [
            "cargo fmt --all -- --check",
            "cargo xtask tidy",
            "cargo check -p backup-core",
            "cargo clippy -p backup-core -- -D warnings",
            "cargo clippy --workspace --all-targets -- -D warnings",
            "cargo test --workspace",
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --all-features",
        ];
        assert_eq!(lines, expected);
    }
}
