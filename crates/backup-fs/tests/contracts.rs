//! The real adapters keep the promises of their ports.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;

use backup_core::ports::{BackupStore, Clock, Journal, RunHistory, ScheduleStore};
use backup_core::testing::{
    BackupPlace, JournalPlace, PackPlace, Reopenable, archiver_contract, backup_store_contract,
    clock_contract, journal_contract, run_history_contract, schedule_store_contract,
};
use backup_fs::{BackupDir, HistoryFile, Home, LogFile, ScheduleFile, SystemClock, TarArchiver};

#[test]
fn schedule_file_keeps_the_contract() {
    schedule_store_contract(&|| {
        let folder = tempfile::tempdir().unwrap();
        Reopenable::<dyn ScheduleStore>::new(move || {
            Box::new(ScheduleFile::new(&Home::open(folder.path()).unwrap()))
        })
    });
}

#[test]
fn backup_dir_keeps_the_contract() {
    backup_store_contract(&|| {
        let folder = Rc::new(tempfile::tempdir().unwrap());
        let path = folder.path().join("backups");
        let (read, left) = (path.clone(), path.clone());
        BackupPlace {
            store: Reopenable::<dyn BackupStore>::new(move || {
                let _kept = &folder;
                Box::new(BackupDir::new(path.clone()))
            }),
            read: Box::new(move |name| fs::read(read.join(name)).ok()),
            leave_draft: Box::new(move |name| {
                let store = BackupDir::new(left.clone());
                let before: Vec<PathBuf> = names(&left);
                let draft = store.draft(name).unwrap();
                let mine: Vec<_> = names(&left).into_iter().filter(|name| !before.contains(name)).collect();
                drop(draft);
                for file in mine {
                    File::create(file).unwrap();
                }
            }),
        }
    });
}

fn names(folder: &std::path::Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

#[test]
fn history_file_keeps_the_contract() {
    run_history_contract(&|| {
        let folder = tempfile::tempdir().unwrap();
        Reopenable::<dyn RunHistory>::new(move || Box::new(HistoryFile::new(folder.path().join("logs"))))
    });
}

#[test]
fn log_file_keeps_the_contract() {
    journal_contract(&|| {
        let folder = Rc::new(tempfile::tempdir().unwrap());
        let path = folder.path().join("logs");
        let read = path.join("x.log");
        JournalPlace {
            journal: Reopenable::<dyn Journal>::new(move || {
                let _kept = &folder;
                Box::new(LogFile::new(path.clone(), "x.log"))
            }),
            read: Box::new(move || fs::read_to_string(&read).unwrap().lines().map(str::to_owned).collect()),
        }
    });
}

#[test]
fn system_clock_keeps_the_contract() {
    clock_contract(&|| -> Box<dyn Clock> { Box::new(SystemClock) });
}

#[test]
fn tar_archiver_keeps_the_contract() {
    archiver_contract(&|files| {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        fs::create_dir(&source).unwrap();
        for (name, contents) in files {
            fs::write(source.join(name), contents).unwrap();
        }
        PackPlace {
            archiver: Box::new(TarArchiver::new(Vec::new())),
            source,
            read: Box::new(move |archive| {
                let _kept = &folder;
                members(archive)
            }),
        }
    });
}

fn members(archive: &[u8]) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    if archive.len() < 1024 || archive[archive.len() - 1024..].iter().any(|byte| *byte != 0) {
        return None;
    }
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries().ok()? {
        let mut entry = entry.ok()?;
        if entry.header().entry_type().is_file() {
            let path = entry.path().ok()?.strip_prefix("source").ok()?.to_owned();
            let mut contents = Vec::new();
            entry.read_to_end(&mut contents).ok()?;
            files.push((path, contents));
        }
    }
    Some(files)
}
