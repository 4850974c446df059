//! The story that the demonstration tells, command by command.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Answer, Call};
use crate::failure::{Failure, Outcome};

const LISTED_ENTRIES: usize = 10;

/// Who plays, and where.
pub(crate) struct Stage {
    pub(crate) manager: PathBuf,
    pub(crate) home: PathBuf,
    /// What is backed up is its folder `crates`.
    pub(crate) repo: PathBuf,
    /// The minute to schedule it for, as `hh:mm`: this one.
    pub(crate) minute: String,
    pub(crate) patience: Duration,
}

type Say<'a> = &'a mut dyn FnMut(&str);

/// Tells the whole story. When it goes wrong the service is stopped, and its log said, before the failure is returned.
pub(crate) fn tell(stage: &Stage, say: Say<'_>) -> Outcome {
    let told = back_up(stage, say).and_then(|()| look_at(stage, say)).and_then(|()| stop(stage, say));
    if told.is_err() {
        // The failure that ended the story is the one to report, not what stopping has to say.
        let _ = stage.manager(&["stop", "--now"]).ask();
        let _ = service_log(stage, say);
    }
    told
}

fn back_up(stage: &Stage, say: Say<'_>) -> Outcome {
    let schedule = format!("{};{};crates", stage.repo.join("crates").display(), stage.minute);
    show(&stage.manager(&["create", &schedule]), say)?;
    show(&stage.manager(&["list"]), say)?;
    show(&stage.manager(&["start"]), say)?;
    wait_for_archive(stage, say)
}

fn look_at(stage: &Stage, say: Say<'_>) -> Outcome {
    show(&stage.manager(&["status"]), say)?;
    show(&stage.manager(&["backups", "--long"]), say)?;
    list_entries(stage, say)?;
    compare(stage, say)
}

fn stop(stage: &Stage, say: Say<'_>) -> Outcome {
    show(&stage.manager(&["stop"]), say)?;
    service_log(stage, say)
}

fn wait_for_archive(stage: &Stage, say: Say<'_>) -> Outcome {
    let start = Instant::now();
    while !stage.archive().exists() {
        if start.elapsed() > stage.patience {
            return Err(Failure::new(format!("no archive after {} s", stage.patience.as_secs_f64())));
        }
        thread::sleep(Duration::from_millis(50));
    }
    say(&format!("(the archive was there {:.1} s after the start)", start.elapsed().as_secs_f64()));
    Ok(())
}

fn list_entries(stage: &Stage, say: Say<'_>) -> Outcome {
    let list = stage.tar(&["-tvf"]);
    say(&format!("\n$ {} | head", list.line()));
    let entries = list.read()?;
    for entry in entries.lines().take(LISTED_ENTRIES) {
        say(entry);
    }
    say(&format!("({} entries in all)", entries.lines().count()));
    Ok(())
}

/// Stock tar is the judge: it reads every entry and compares it with what is on the disk.
fn compare(stage: &Stage, say: Say<'_>) -> Outcome {
    show(&stage.tar(&["-C", &stage.repo.display().to_string(), "-df"]), say)?;
    say("(no difference between the archive and the folder)");
    Ok(())
}

fn service_log(stage: &Stage, say: Say<'_>) -> Outcome {
    let log = stage.home.join("logs/backup_service.log");
    say(&format!("\n$ cat {}", log.display()));
    let text = fs::read_to_string(&log).map_err(Failure::doing(format!("read {}", log.display())))?;
    say(text.trim_end());
    Ok(())
}

/// Says the command, runs it, says what it answered, and fails when it failed.
fn show(call: &Call, say: Say<'_>) -> Outcome {
    say(&format!("\n$ {}", call.line()));
    let Answer { status, stdout, stderr } = call.ask()?;
    for text in [stdout, stderr] {
        if !text.is_empty() {
            say(text.trim_end());
        }
    }
    call.require(status.success(), &status.to_string())
}

impl Stage {
    fn manager(&self, args: &[&str]) -> Call {
        Call::new(&self.manager).args(["--home", &self.home.display().to_string()]).args(args.iter().copied())
    }

    fn tar(&self, args: &[&str]) -> Call {
        Call::new("tar").args(args.iter().copied()).args([self.archive().display().to_string()])
    }

    fn archive(&self) -> PathBuf {
        self.home.join("backups/crates.tar")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo;

    /// Plays the story with the stand-in, after putting a file into its home that tells it how to misbehave.
    fn play(misbehaviour: Option<&str>) -> (Outcome, String, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (home, repo) = (folder.path().join("home"), folder.path().join("repo"));
        fs::create_dir_all(repo.join("crates")).unwrap();
        fs::create_dir(&home).unwrap();
        fs::write(repo.join("crates/a.rs"), "//! A.\n").unwrap();
        if let Some(how) = misbehaviour {
            fs::write(home.join(how), "").unwrap();
        }
        let manager = repo::root().join("xtask/src/demo/stand_in.sh");
        let stage =
            Stage { manager, home, repo, minute: "16:07".into(), patience: Duration::from_millis(200) };
        let mut said = String::new();
        let told = tell(&stage, &mut |line| said.extend([line, "\n"]));
        (told, said, folder)
    }

    fn check_ends(misbehaviour: &str, expected: &str) {
        let (told, said, folder) = play(Some(misbehaviour));
        let failure = told.expect_err(misbehaviour);
        assert!(failure.message.contains(expected), "{failure:?}");
        assert!(!folder.path().join("home/running").exists(), "the service was left behind:\n{said}");
    }

    #[test]
    fn every_command_is_shown_with_its_answer_in_order() {
        let (told, said, folder) = play(None);
        assert_eq!(told, Ok(()), "{said}");
        let scenes = [
            "create \"",
            "New schedule added: ",
            " list\n0: ",
            " start\n",
            "the archive was there",
            " status\n",
            " backups --long\n",
            "$ tar -tvf",
            " crates/a.rs\n",
            "(2 entries in all)",
            "$ tar -C ",
            "(no difference",
            " stop\n",
            "$ cat ",
            "Backup done for ",
        ];
        let mut rest = said.as_str();
        for scene in scenes {
            let (_, after) =
                rest.split_once(scene).unwrap_or_else(|| panic!("no {scene:?} at its place in:\n{said}"));
            rest = after;
        }
        assert!(!folder.path().join("home/running").exists());
    }

    #[test]
    fn any_failure_is_reported_and_leaves_no_service_behind() {
        check_ends("start_fails", "start` failed: exit status: 1");
        check_ends("never_archives", "no archive after 0.2 s");
        check_ends("status_fails", "status` failed: exit status: 1");
        check_ends("archive_broken", "`tar -tvf ");
        check_ends("source_changes", "`tar -C ");
    }
}
