//! A home of a test's own, and the programs run in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{FallocateFlags, fallocate};
use tempfile::TempDir;

use crate::eventually::wait_for;
use crate::finished::Finished;
use crate::messages::messages;
use crate::paused::Paused;
use crate::process::Process;
use crate::programs::Programs;
use crate::redact::redact_times;
use crate::wall_clock::WallClock;

/// The list of sums, which stands beside the archives of every home.
const SUMS: &str = "SHA256SUMS";

/// The folder of catalogs, which stands there as well.
const CATALOGS: &str = ".catalog";

const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A home folder that goes with the test, and with it a service that still runs there.
///
/// The programs see a clean environment: a `PATH` with them on it, a `HOME`, and a zone in which it is 16:07.
#[derive(Debug)]
pub struct Home {
    programs: Programs,
    folder: TempDir,
    path: PathBuf,
    /// The wall clock of its programs.
    pub clock: WallClock,
}

impl Home {
    /// Returns an empty home.
    ///
    /// # Panics
    /// When the system has no room for it.
    #[must_use]
    pub fn new(programs: &Programs) -> Self {
        let folder = tempfile::Builder::new().prefix("home-").tempdir().expect("a temporary folder");
        let path = folder.path().canonicalize().expect("a folder just made has a path");
        Self { programs: programs.clone(), folder, path, clock: WallClock::reading_16_07() }
    }

    /// Returns the same home with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: WallClock) -> Self {
        self.clock = clock;
        self
    }

    /// Returns its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// Returns a path in it.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.join(path)
    }

    /// Returns a command in the home, in a clean environment.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{SYSTEM_PATH}", self.programs.folder().display());
        command.current_dir(&self.path).env_clear();
        command.env("PATH", path).env("HOME", self.folder.path()).env("TZ", self.clock.zone());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Returns `backup_manager` as a command in the home.
    #[must_use]
    pub fn manager_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(self.programs.path("backup_manager"));
        command.args(arguments);
        command
    }

    /// Returns `backup_service` as a command in the home.
    #[must_use]
    pub fn service_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(self.programs.path("backup_service"));
        command.args(arguments);
        command
    }

    /// Runs `backup_manager` to its end.
    pub fn manager(&self, arguments: &[&str]) -> Finished {
        Finished::run(&mut self.manager_command(arguments))
    }

    /// Runs `backup_manager`, which has to succeed.
    pub fn done(&self, arguments: &[&str]) -> Finished {
        self.manager(arguments).expect_done()
    }

    /// Begins to run `backup_manager`.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn begin(&self, arguments: &[&str]) -> Child {
        self.manager_command(arguments).spawn().expect("the program starts")
    }

    /// Runs a script of the shell in the home to its end, and until all its outputs are closed.
    pub fn sh(&self, script: &str) -> Finished {
        Finished::run(self.command("sh").arg("-c").arg(script))
    }

    /// Adds a schedule of this very minute, which is therefore due whatever the time is later. Returns it.
    pub fn due(&self, source: &str, name: &str) -> String {
        loop {
            let minute = self.clock.minute();
            let schedule = format!("{source};{};{name}", self.clock.now());
            self.done(&["create", &schedule]);
            if self.clock.minute() == minute {
                return schedule;
            }
            // The minute may have turned before the schedule was there, which then is due tomorrow.
            let last = self.done(&["list"]).stdout.lines().count() - 1;
            self.done(&["delete", &last.to_string()]);
        }
    }

    /// Writes a file, and the folders above it.
    ///
    /// # Panics
    /// When that can't be done.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, contents).expect("a file can be written");
    }

    /// Writes a file of that many zeros. It takes their room, for the archive would keep the holes of one that doesn't,
    /// and be small.
    ///
    /// # Panics
    /// When that can't be done.
    pub fn write_zeros(&self, path: &str, bytes: u64) {
        self.write(path, "");
        let file = File::options().write(true).open(self.path(path)).expect("a file just made can be opened");
        fallocate(&file, FallocateFlags::empty(), 0, bytes).expect("there is room for a large file");
    }

    /// Returns a file's bytes; of a missing one, none.
    ///
    /// # Panics
    /// When it is there and can't be read.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        match fs::read(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => bytes.unwrap_or_else(|error| panic!("can't read {path}: {error}")),
        }
    }

    /// Returns a file's text.
    ///
    /// # Panics
    /// When it can't be read or isn't UTF-8.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).expect("the file holds text")
    }

    /// Returns the names in a folder, hidden ones too, sorted, but for the list of sums and the folder of catalogs.
    ///
    /// # Panics
    /// When it can't be read.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("a name").file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != SUMS && name != CATALOGS);
        names.sort();
        names
    }

    /// Returns the permissions of a file or folder.
    ///
    /// # Panics
    /// When it isn't there.
    #[must_use]
    pub fn mode(&self, path: &str) -> u32 {
        let metadata =
            fs::symlink_metadata(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        metadata.permissions().mode() & 0o7777
    }

    /// Returns what the manager's log says, without the times.
    #[must_use]
    pub fn manager_log(&self) -> Vec<String> {
        messages(&self.text("logs/backup_manager.log"))
    }

    /// Returns what the service's log says, without the times.
    #[must_use]
    pub fn service_log(&self) -> Vec<String> {
        messages(&self.text("logs/backup_service.log"))
    }

    /// Returns what stock `tar` lists in an archive.
    #[must_use]
    pub fn listing(&self, archive: &str) -> Vec<String> {
        let output = Finished::run(self.command("tar").arg("-tf").arg(self.path(archive))).expect_done();
        assert_eq!(output.stderr, "");
        output.stdout.lines().map(str::to_owned).collect()
    }

    /// Returns the text with everything that differs from run to run replaced: the home's path and all times.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        redact_times(
            &text.replace(self.path.to_str().expect("the homes of tests have plain names"), "[home]"),
        )
    }

    /// Returns the service that says it runs here.
    #[must_use]
    pub fn service(&self) -> Option<Process> {
        let pid = self.text("backup_service.pid").trim().parse().ok()?;
        Some(Process { pid })
    }

    /// Starts the service, with these arguments of `start`.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start(&self, arguments: &[&str]) -> Process {
        self.done(&[&["start"], arguments].concat());
        self.service().expect("a service that has started has written its number")
    }

    /// Waits until the service writes the archive of that name, and makes it stand still in the middle of it.
    ///
    /// # Panics
    /// When it never does, or is done too soon.
    #[must_use]
    pub fn pause_during(&self, name: &str) -> Paused {
        let draft = self.path(format!("backups/.{name}.tar.partial"));
        let is_begun = || draft.metadata().is_ok_and(|draft| draft.len() > 0);
        wait_for("the backup begins", || is_begun().then_some(()));
        let paused = Paused::new(self.service().expect("a service that makes a backup has a number"));
        assert!(draft.exists(), "the backup was done before it could be paused; make it larger");
        paused
    }
}

impl Drop for Home {
    /// No test leaves a process behind, however it ends.
    fn drop(&mut self) {
        for service in Process::find("backup_service", &self.path) {
            service.end();
        }
    }
}
