//! What only more than one process can show. The others are this same test program once more, told by its environment
//! which role to play and where.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test program, its helpers included")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backup_core::model::archive::{Compression, Grade};
use backup_core::model::error::Failure;
use backup_core::model::event::Event;
use backup_core::model::history::HistoryNote;
use backup_core::model::schedule::ScheduleEntry;
use backup_core::ports::{BackupStore, Draft, Journal, RunHistory, ScheduleStore, ServiceControl, Urgency};
use backup_core::testing::at;
use backup_fs::{
    BackupDir, HistoryFile, Home, LogFile, Request, ScheduleFile, ServiceLock, ServiceProcess, Signals,
    on_request_to_end, survive_file_size_limit,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const ROLE: &str = "BACKUP_FS_TEST_ROLE";
const PLACE: &str = "BACKUP_FS_TEST_PLACE";

/// How long anything may take that has no reason to take long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the role that another test has started this program for; alone it has none.
#[test]
fn role() {
    let (Ok(role), Ok(place)) = (std::env::var(ROLE), std::env::var(PLACE)) else { return };
    let place = PathBuf::from(place);
    match role.as_str() {
        "hold the lock" => hold_the_lock(&place),
        "serve" => serve(&place),
        "hold a draft" => hold_a_draft(&place),
        "write everything" => write_everything(&place),
        "write too much" => write_too_much(&place),
        "log" => log(&place),
        "add schedules" => add_schedules(&place),
        "launch" => launch(&place),
        "wait for a signal" => wait_for_a_signal(),
        "idle" => say_and_wait("idle"),
        other => panic!("no such role: {other}"),
    }
}

/// A process in a role. Ended when dropped, for a test that fails must leave none behind.
struct Other {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Other {
    fn start(role: &str, place: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "role", "--nocapture", "--quiet"]).env(ROLE, role).env(PLACE, place);
        let path = std::env::join_paths([place, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
        command.env("PATH", path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Starts it and returns once it says this.
    fn started(role: &str, place: &Path, word: &str) -> Self {
        let mut other = Self::start(role, place);
        other.expect(word);
        other
    }

    #[track_caller]
    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if line.trim_end().ends_with(&format!("says: {word}")) {
                return;
            }
            line.clear();
        }
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        panic!("it never said {word:?}: {errors}");
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.id()).unwrap()), signal).unwrap();
    }

    /// Lets it go on to its end, and returns what it wrote to its standard error.
    fn finish(mut self) -> String {
        drop(self.child.stdin.take());
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(self.child.wait().unwrap().success(), "{errors}");
        errors
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(word: &str) {
    println!("says: {word}");
    std::io::stdout().flush().unwrap();
}

/// Says it, and waits until the other side has heard enough.
fn say_and_wait(word: &str) {
    say(word);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A process just forked holds everything that any thread had open, until it becomes its own program. So what is
/// locked here stays locked a moment longer than its test thinks, unless one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn home() -> (TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::open(folder.path()).unwrap();
    (folder, home)
}

fn control(home: &Home) -> ServiceProcess {
    ServiceProcess::new(home.clone(), Vec::new())
}

fn running(home: &Home) -> Option<Option<u32>> {
    control(home).running().unwrap().map(|service| service.pid)
}

fn draft<'a>(store: &'a BackupDir, name: &str) -> Result<Box<dyn Draft + 'a>, Failure> {
    store.draft(&name.parse().unwrap(), Compression::None).map_err(|error| error.failure)
}

fn hold_the_lock(place: &Path) {
    let _lock = ServiceLock::take(&Home::open(place).unwrap()).unwrap();
    say_and_wait("held");
}

#[test]
fn the_holder_of_the_lock_is_the_service() {
    let _alone = alone();
    let (folder, home) = home();
    let service = Other::started("hold the lock", folder.path(), "held");
    assert_eq!(running(&home), Some(Some(service.id())));
    assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Busy);
    service.finish();
    assert_eq!(running(&home), None);
    assert!(!home.service_pid().exists());
}

#[test]
fn a_killed_service_leaves_a_file_that_means_nothing() {
    let _alone = alone();
    let (folder, home) = home();
    Other::started("hold the lock", folder.path(), "held").kill();
    assert!(home.service_pid().exists());
    assert_eq!(running(&home), None);
    let next = Other::started("hold the lock", folder.path(), "held");
    assert_eq!(running(&home), Some(Some(next.id())));
}

#[test]
fn a_number_that_belongs_to_another_program_gets_no_signal() {
    let _alone = alone();
    let (folder, home) = home();
    let mut stranger = Other::started("idle", folder.path(), "idle");
    fs::write(home.service_pid(), format!("{}\n", stranger.id())).unwrap();
    assert_eq!(running(&home), None);
    for urgency in [Urgency::Finish, Urgency::Now] {
        assert_eq!(control(&home).request_stop(urgency).unwrap_err().failure, Failure::Missing);
    }
    assert!(control(&home).wait_until_gone(Duration::ZERO).unwrap());
    let lock = ServiceLock::take(&home).unwrap();
    fs::write(home.service_pid(), format!("{}\n", stranger.id())).unwrap();
    assert_eq!(control(&home).request_stop(Urgency::Now).unwrap_err().failure, Failure::Denied);
    drop(lock);
    assert!(stranger.child.try_wait().unwrap().is_none(), "the stranger got a signal");
    stranger.finish();
}

fn serve(place: &Path) {
    let signals = Signals::take().unwrap();
    let _lock = ServiceLock::take(&Home::open(place).unwrap()).unwrap();
    say("serving");
    loop {
        poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).unwrap();
        match signals.next().unwrap() {
            Some(Request::Reload) => say("look"),
            Some(request) => return say(&format!("{request:?}")),
            None => {}
        }
    }
}

/// Starts a process in a role with all signals held back, as they are in a program that takes them before it has
/// threads: a test program has threads already, and a new process is born with what its parent's thread holds back.
fn started_with_signals(role: &'static str, place: &Path, word: &'static str) -> Other {
    let place = place.to_owned();
    let start = move || {
        let _held_back = Signals::take().unwrap();
        Other::started(role, &place, word)
    };
    std::thread::spawn(start).join().unwrap()
}

#[test]
fn a_service_is_asked_to_leave_and_seen_to_go() {
    let _alone = alone();
    for (urgency, request) in [(Urgency::Finish, "Finish"), (Urgency::Now, "Now")] {
        let (folder, home) = home();
        let mut service = started_with_signals("serve", folder.path(), "serving");
        assert!(!control(&home).wait_until_gone(Duration::ZERO).unwrap());
        control(&home).request_stop(urgency).unwrap();
        service.expect(request);
        assert!(control(&home).wait_until_gone(PATIENCE).unwrap());
        assert_eq!(running(&home), None);
        assert_eq!(control(&home).request_stop(urgency).unwrap_err().failure, Failure::Missing);
        service.finish();
    }
}

#[test]
fn a_service_heeds_the_usual_signals() {
    let _alone = alone();
    let (folder, _home) = home();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut service = started_with_signals("serve", folder.path(), "serving");
        service.signal(Signal::SIGHUP);
        service.expect("look");
        service.signal(signal);
        service.expect("Leave");
        service.finish();
    }
}

fn wait_for_a_signal() {
    let (asked, requests) = std::sync::mpsc::channel();
    on_request_to_end(Signals::take().unwrap(), move || asked.send(()).unwrap()).unwrap();
    say("waiting");
    requests.recv().unwrap();
    say("first");
    requests.recv().unwrap();
    say("second");
}

#[test]
fn each_signal_to_end_is_told() {
    let _alone = alone();
    let (folder, _home) = home();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut other = started_with_signals("wait for a signal", folder.path(), "waiting");
        other.signal(Signal::SIGHUP);
        other.signal(signal);
        other.expect("first");
        other.signal(signal);
        other.expect("second");
        other.finish();
    }
}

fn launch(place: &Path) {
    let home = Home::open(place).unwrap();
    let service = ServiceProcess::new(home, vec!["--poll".to_owned(), "7".to_owned()]);
    match service.launch() {
        Ok(()) => say("started"),
        Err(error) => say(&format!("{:?}, {error}", error.failure)),
    }
}

#[test]
fn a_start_hears_how_it_went() {
    let _alone = alone();
    let (folder, home) = home();
    let program = folder.path().join("backup_service");
    let cases = [
        ("echo ready", "started"),
        ("(sleep 0.1; echo ready) & exit 0", "started"),
        ("echo busy; exit 1", "Busy, can't start backup_service twice"),
        ("echo 'failed: no room'; exit 1", "Other, can't begin: no room"),
        ("exit 3", "Other, can't begin: it ended at once with exit status: 3"),
        (
            "echo \"failed: $*\"",
            &format!(
                "Other, can't begin: --home {} --launch --home-identity={} --poll 7",
                home.root().display(),
                home.identity().unwrap()
            ),
        ),
    ];
    for (script, expected) in cases {
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
        let mut other = Other::start("launch", folder.path());
        other.expect(expected);
        other.finish();
    }
    fs::remove_file(&program).unwrap();
    Other::started(
        "launch",
        folder.path(),
        "Missing, can't find backup_service beside this program or on the PATH: No such file or directory (os error 2)",
    );
}

fn hold_a_draft(place: &Path) {
    let store = BackupDir::new(&Home::open(place).unwrap());
    let mut draft = draft(&store, "docs").unwrap();
    draft.write_all(b"half").unwrap();
    say_and_wait("held");
    draft.publish(Grade::Complete).unwrap();
}

#[test]
fn a_draft_of_another_process_is_left_alone() {
    let _alone = alone();
    let (folder, home) = home();
    let store = BackupDir::new(&home);
    let other = Other::started("hold a draft", folder.path(), "held");
    assert_eq!(draft(&store, "docs").map(drop), Err(Failure::Busy));
    assert_eq!(store.remove_leftovers().unwrap(), 0);
    assert!(store.list().unwrap().is_empty());
    other.finish();
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn a_draft_of_a_killed_process_is_removed() {
    let _alone = alone();
    let (folder, home) = home();
    let store = BackupDir::new(&home);
    Other::started("hold a draft", folder.path(), "held").kill();
    drop(draft(&store, "docs").unwrap());
    assert_eq!(store.remove_leftovers().unwrap(), 0, "the draft has removed it");
    Other::started("hold a draft", folder.path(), "held").kill();
    assert_eq!(store.remove_leftovers().unwrap(), 1);
    assert!(store.list().unwrap().is_empty());
}

fn write_everything(place: &Path) {
    rustix::process::umask(rustix::fs::Mode::empty());
    let home = Home::open(place).unwrap();
    let _lock = ServiceLock::take(&home).unwrap();
    LogFile::new(&home, Home::SERVICE_LOG).record(at("2026-03-28 18:21"), &Event::ServiceStarted);
    let note = HistoryNote::Adopted {
        entry: String::new(),
        since: at("2026-03-28 18:21"),
        at: at("2026-03-28 18:21"),
    };
    HistoryFile::new(&home).append(&note).unwrap();
    ScheduleFile::new(&home).update(&mut |_| Ok(())).unwrap();
    let store = BackupDir::new(&home);
    draft(&store, "docs").unwrap().publish(Grade::Complete).unwrap();
    let _draft = draft(&store, "music").unwrap();
    say_and_wait("written");
}

#[test]
fn everything_is_private_whatever_the_umask() {
    let _alone = alone();
    let (folder, _home) = home();
    let other = Other::started("write everything", folder.path(), "written");
    let mode = |path: &str| folder.path().join(path).metadata().unwrap().permissions().mode() & 0o7777;
    for path in ["logs", "backups"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    let files = [
        "backup_service.pid",
        ".backup_service.lock",
        "backup_schedules.txt",
        ".backup_schedules.lock",
        "logs/backup_service.log",
        "logs/history.jsonl",
        "backups/docs.tar",
        "backups/.music.tar.partial",
    ];
    for path in files {
        assert_eq!(mode(path), 0o600, "{path}");
    }
    other.finish();
}

fn write_too_much(place: &Path) {
    const LIMIT: u64 = 10_000;
    survive_file_size_limit().unwrap();
    let limit = rustix::process::Rlimit { current: Some(LIMIT), maximum: Some(LIMIT) };
    rustix::process::setrlimit(rustix::process::Resource::Fsize, limit).unwrap();
    let store = BackupDir::new(&Home::open(place).unwrap());
    let mut draft = draft(&store, "docs").unwrap();
    // What is small may wait for more until it is flushed.
    let error = draft.write_all(&[b'x'; 20_000]).and_then(|()| draft.flush()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("backups/.docs.tar.partial: "), "{error}");
}

#[test]
fn a_file_size_limit_is_an_error_and_the_old_backup_stays() {
    let _alone = alone();
    let (folder, home) = home();
    let store = BackupDir::new(&home);
    let mut old = draft(&store, "docs").unwrap();
    old.write_all(b"the old one").unwrap();
    old.publish(Grade::Complete).unwrap();
    Other::start("write too much", folder.path()).finish();
    assert_eq!(fs::read(home.backups().join("docs.tar")).unwrap(), b"the old one");
    assert_eq!(fs::read_dir(home.backups()).unwrap().count(), 1);
}

fn log(place: &Path) {
    let event = Event::ScheduleAdded("a\nb".to_owned());
    LogFile::new(&Home::open(place).unwrap(), Home::SERVICE_LOG).record(at("2026-03-28 18:21"), &event);
}

#[test]
fn a_log_that_is_a_link_is_refused_and_the_line_goes_to_standard_error() {
    let _alone = alone();
    let (folder, home) = home();
    let target = folder.path().join("target");
    let expect = |path: &str, reason: &str| {
        let errors = Other::start("log", folder.path()).finish();
        let warning = format!("warning: can't write {}/{path}: {reason}\n", home.root().display());
        let line = "[28/03/2026 18:21] New schedule added: a\\nb\n";
        assert!(errors.contains(&(warning + line)), "{errors}");
        assert!(!target.exists());
    };
    fs::create_dir(home.logs()).unwrap();
    symlink(&target, home.logs().join(Home::SERVICE_LOG)).unwrap();
    expect("logs/backup_service.log", "it is a symbolic link");
    fs::remove_dir_all(home.logs()).unwrap();
    symlink(&target, home.logs()).unwrap();
    expect("logs/backup_service.log", "it is a symbolic link, and must be a folder");
}

const SCHEDULES: usize = 100;

fn add_schedules(place: &Path) {
    let store = ScheduleFile::new(&Home::open(place).unwrap());
    for number in 0..SCHEDULES {
        let entry: ScheduleEntry = format!("docs;16:07;{}-{number}", std::process::id()).parse().unwrap();
        store
            .update(&mut |book| {
                book.push(entry.clone());
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn processes_that_edit_at_the_same_time_lose_nothing() {
    let _alone = alone();
    let (folder, home) = home();
    let others = [(); 3].map(|()| Other::start("add schedules", folder.path()));
    others.into_iter().for_each(|other| drop(other.finish()));
    let book = ScheduleFile::new(&home).load().unwrap();
    let texts: std::collections::HashSet<_> = book.entries().map(ToString::to_string).collect();
    assert_eq!((book.items().count(), texts.len()), (3 * SCHEDULES, 3 * SCHEDULES));
}
