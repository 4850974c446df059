//! Hands the built programs to the packaging, which is a program of its own: this tool builds even when the product doesn't.

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::programs::{build_debug, build_release};

pub(crate) fn run(debug: bool, check: bool) -> Outcome {
    let programs = if debug { build_debug()? } else { build_release()? };
    let folder = programs.manager.parent().ok_or_else(|| Failure::new("the programs lie nowhere"))?;
    let profile = if debug { "" } else { "--release " };
    let packaging = Call::cargo(&format!("run {profile}-q -p backup-packaging -- --programs"));
    let packaging = packaging.args([folder.display().to_string()]);
    packaging.args(check.then(|| "--check".to_owned())).run()
}
