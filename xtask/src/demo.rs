//! The product at work, by hand, as a user would: nothing here knows more than the command line of `backup_manager`.

mod minute;
mod story;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::demo::story::Stage;
use crate::failure::{Failure, Outcome};
use crate::{out, programs, repo};

/// How long the service may take until the archive is there. It begins within a second and the folder is small.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(keep: bool) -> Outcome {
    let programs = programs::build_release()?;
    let home = tempfile::Builder::new().prefix("backup-manager-demo-").tempdir();
    let home = home.map_err(Failure::doing("make a home folder"))?;
    let start = Instant::now();
    let told = play(programs.manager, home.path().into());
    leave(home, keep)?;
    told?;
    out::say(&format!("\nDone in {:.1} s.", start.elapsed().as_secs_f64()));
    Ok(())
}

/// Asks for the minute last of all, so that the schedule is created within it.
fn play(manager: PathBuf, home: PathBuf) -> Outcome {
    let (repo, minute) = (repo::root(), minute::this_minute()?);
    story::tell(&Stage { manager, home, repo, minute, patience: PATIENCE }, &mut out::say)
}

fn leave(home: TempDir, keep: bool) -> Outcome {
    if keep {
        out::say(&format!("\nThe home folder stays at {}", home.keep().display()));
        return Ok(());
    }
    let path = home.path().display().to_string();
    home.close().map_err(Failure::doing(format!("remove {path}")))
}
