//! Hands the built programs to the proofs, which are a program of their own: this tool builds even when the product
//! doesn't.

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::out;
use crate::programs::build_release;

pub(crate) fn run(args: Vec<String>) -> Outcome {
    let programs = build_release()?;
    let folder = programs.manager.parent().ok_or_else(|| Failure::new("the programs lie nowhere"))?;
    let torture = Call::cargo("run --release -q -p backup-torture -- --programs");
    let torture = torture.args([folder.display().to_string()]).args(args);
    match torture.watch()?.code() {
        Some(0) => Ok(()),
        // Not silently: the proofs have said so, and this says it last.
        Some(UNTRIED) => {
            out::complain("Not everything could be tried on this machine: see CAN'T RUN HERE above.");
            Ok(())
        }
        _ => Err(Failure::new("a promise is broken")),
    }
}

/// What the proofs exit with when nothing is broken, and not everything could be tried.
const UNTRIED: i32 = 3;
