//! Hands the built programs to the proofs, which are a program of their own: this tool builds even when the product
//! doesn't.

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::programs::build_release;

pub(crate) fn run(args: Vec<String>) -> Outcome {
    let programs = build_release()?;
    let folder = programs.manager.parent().ok_or_else(|| Failure::new("the programs lie nowhere"))?;
    let torture = Call::cargo("run --release -q -p backup-torture -- --programs");
    torture.args([folder.display().to_string()]).args(args).run()
}
