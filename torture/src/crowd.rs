//! The proof of the crowd: many programs at once in one home.

mod edits;
mod services;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::finished::Finished;
use crate::part::Scale;
use crate::programs::Programs;
use crate::report::Report;

/// Tries the crowd, and starts and stops in a row.
pub(crate) fn run(programs: &Programs, scale: Scale) -> Result<Report, String> {
    let (starts, turns, edits) = match scale {
        Scale::Small => (10, 5, 30),
        Scale::Full => (100, 100, 1_000),
    };
    let mut wrong = Vec::new();
    let rows = vec![
        vec![
            "starts at once".to_owned(),
            starts.to_string(),
            services::at_once(programs, starts, &mut wrong)?,
        ],
        vec![
            "starts and stops in a row".to_owned(),
            turns.to_string(),
            services::in_a_row(programs, turns, &mut wrong)?,
        ],
        vec![
            "creates in each of 2 lines".to_owned(),
            edits.to_string(),
            edits::mixed(programs, edits, &mut wrong)?,
        ],
    ];
    Ok(Report::of(vec!["crowd", "size", "found"], rows, wrong))
}

/// A home of a crowd, and a folder for what its programs say.
#[derive(Debug)]
struct Place {
    folder: TempDir,
    programs: Programs,
}

impl Place {
    fn new(programs: &Programs) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("torture-").tempdir()?;
        fs::create_dir(folder.path().join("home"))?;
        Ok(Self { folder, programs: programs.clone() })
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn manager(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.programs.manager);
        command.arg("--home").arg(self.home()).args(arguments).current_dir(self.folder.path());
        command.env_clear().env("TZ", "UTC0");
        command
    }

    /// Runs it; what it says goes into a folder of that name.
    fn run(&self, name: &str, arguments: &[&str]) -> io::Result<Finished> {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder)?;
        Finished::run(&mut self.manager(arguments), &folder)
    }

    /// Returns the numbers of the processes whose command line names the home.
    fn processes(&self) -> io::Result<Vec<u32>> {
        let home = self.home().display().to_string();
        let names_home = |pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&home)
        };
        let numbers =
            fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Ok(numbers.filter(names_home).collect())
    }
}

impl Drop for Place {
    /// Whatever was found, no service stays behind.
    fn drop(&mut self) {
        for service in self.processes().unwrap_or_default() {
            let _ = Command::new("kill").arg("-KILL").arg(service.to_string()).status();
        }
    }
}

/// Returns whether nothing is left of a process but what its parent, if that is the system's first process, has to
/// take away: an orphan's end is none of ours.
fn is_gone(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")) else {
        return true;
    };
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.starts_with("Z 1 ")
}
