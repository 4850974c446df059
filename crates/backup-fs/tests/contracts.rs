//! The real adapters keep the promises of their ports.

#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use backup_core::model::archive::{Compression, Grade, Packing};
use backup_core::model::command;
use backup_core::model::config::Config;
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::PortError;
use backup_core::model::restore::{RestoreJob, RestorePreview, RestoreReport};
use backup_core::ports::{
    ArchiveBytes, Archiver, BackupStore, ConfigStore, Journal, NoticeStore, PackRequest, Progress, Restorer,
    RunHistory, ScheduleStore, SilentProgress,
};
use backup_core::testing::{
    Act, BackupPlace, CommandPlace, ConfigPlace, DrillPlace, EncryptedPlace, Files, ForeignPlace, HomePlace,
    JournalPlace, ManualClock, NoticePlace, PackPlace, Reopenable, RestorePlace, ViewPlace,
};
use backup_fs::{
    BackupDir, ConfigFile, ForeignDir, HistoryFile, Home, Identities, LogFile, NoticeFile, ScheduleFile,
    SystemClock, SystemCommands, TarArchiver, TarDriller, TarRestorer, TarViewer,
};
use tempfile::TempDir;

/// A home of its own, which is removed with the last that uses it.
fn home() -> Rc<TempDir> {
    Rc::new(tempfile::tempdir().unwrap())
}

backup_core::schedule_store_contract!(schedule_file, make_schedule_file);

fn make_schedule_file() -> Reopenable<dyn ScheduleStore> {
    let home = home();
    Reopenable::<dyn ScheduleStore>::new(move || {
        Box::new(ScheduleFile::new(&Home::open(home.path()).unwrap()))
    })
}

backup_core::notice_store_contract!(notice_file, make_notice_file);

fn make_notice_file() -> NoticePlace {
    let home = home();
    let file = home.path().join(Home::LOGS).join(Home::NOTICES);
    NoticePlace {
        store: Reopenable::<dyn NoticeStore>::new(move || {
            Box::new(NoticeFile::new(&Home::open(home.path()).unwrap()))
        }),
        spoil: Some(Box::new(move || fs::write(&file, "{\"version\":1,\0").unwrap())),
    }
}

backup_core::config_store_contract!(config_file, make_config_file);

fn make_config_file() -> ConfigPlace {
    let home = home();
    let file = home.path().join(Home::CONFIG);
    let (put, spoil, remove) = (file.clone(), file.clone(), file);
    let token = home.path().join("token");
    fs::write(&token, "secret").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    ConfigPlace {
        missing_file: home.path().join("missing"),
        file: token,
        store: Reopenable::<dyn ConfigStore>::new(move || {
            Box::new(ConfigFile::new(&Home::open(home.path()).unwrap()))
        }),
        put: Box::new(move |config| fs::write(&put, toml_of(config)).unwrap()),
        spoil: Box::new(move || fs::write(&spoil, "[defaults\n").unwrap()),
        remove: Box::new(move || fs::remove_file(&remove).unwrap()),
    }
}

/// Returns the text of a configuration.
fn toml_of(config: &Config) -> String {
    let (mut patterns, mut lines) = (Vec::new(), String::from("[defaults]\n"));
    for option in config.defaults.each() {
        match (option.key(), option.value()) {
            ("exclude", pattern) => patterns.push(format!("'{pattern}'")),
            (key, value) => lines += &format!("{key} = \"{value}\"\n"),
        }
    }
    // They come first, as in the configurations of the contract.
    lines.insert_str("[defaults]\n".len(), &format!("exclude = [{}]\n", patterns.join(", ")));
    let workers = config.service.workers.map(|workers| format!("[service]\nworkers = {workers}\n"));
    lines + &workers.unwrap_or_default()
}

backup_core::run_history_contract!(history_file, make_history_file);

fn make_history_file() -> Reopenable<dyn RunHistory> {
    let home = home();
    Reopenable::<dyn RunHistory>::new(move || {
        Box::new(HistoryFile::new(&Home::open(home.path()).unwrap()).holding(32 * 1024))
    })
}

backup_core::backup_store_contract!(backup_dir, make_backup_dir);

fn make_backup_dir() -> BackupPlace {
    let home = home();
    let backups = home.path().join(Home::BACKUPS);
    let (read, left) = (backups.clone(), backups);
    BackupPlace {
        store: Reopenable::<dyn BackupStore>::new(move || {
            Box::new(BackupDir::new(&Home::open(home.path()).unwrap()))
        }),
        read: Box::new(move |file_name| fs::read(read.join(file_name)).ok()),
        unpack: Box::new(|stored| zstd::decode_all(stored).ok()),
        leave_draft: Box::new(move |name| {
            fs::create_dir_all(&left).unwrap();
            let archive = name.archive(Grade::Complete, Compression::None);
            fs::write(left.join(format!(".{archive}.partial")), "half of it").unwrap();
        }),
    }
}

backup_core::encryption_contract!(backup_dir_encrypted, make_encrypted_dir);

const SECRET_KEY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n";
const PUBLIC_KEY: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

fn make_encrypted_dir() -> EncryptedPlace {
    let (home, elsewhere) = (home(), home());
    let key = elsewhere.path().join("key.txt");
    fs::write(&key, SECRET_KEY).unwrap();
    let (locked, unlocked) = (Rc::clone(&home), Rc::clone(&home));
    EncryptedPlace {
        locked: Reopenable::<dyn BackupStore>::new(move || {
            Box::new(BackupDir::new(&Home::open(locked.path()).unwrap()))
        }),
        unlocked: Reopenable::<dyn BackupStore>::new(move || {
            let _kept = &elsewhere;
            let identities = Identities::read(std::slice::from_ref(&key), Box::new(|_| Ok(None))).unwrap();
            let store = BackupDir::new(&Home::open(unlocked.path()).unwrap());
            Box::new(store.with_identities(Arc::new(identities)))
        }),
        keys: EncryptionKeys::Recipients(vec![PUBLIC_KEY.to_owned()]),
        everything: Box::new(move || all_bytes(&home.path().join(Home::BACKUPS))),
    }
}

/// Returns the bytes of all files below a folder, and their names.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let bytes = entries.flat_map(|entry| {
        let inside = match entry.file_type().unwrap().is_dir() {
            true => all_bytes(&entry.path()),
            false => fs::read(entry.path()).unwrap(),
        };
        [entry.file_name().as_encoded_bytes(), &inside].concat()
    });
    bytes.collect()
}

backup_core::foreign_folder_contract!(foreign_dir, make_foreign_dir);

fn make_foreign_dir() -> ForeignPlace {
    let (home, folder) = (home(), home());
    let opened = ForeignDir::open(&Home::open(home.path()).unwrap(), folder.path()).unwrap();
    ForeignPlace {
        folder: Box::new(opened),
        put: Box::new(move |name, packing, tar| {
            let _kept = &home;
            fs::write(folder.path().join(name), foreign(tar, packing)).unwrap();
        }),
    }
}

/// Compresses a tar with the tools that people have.
fn foreign(tar: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Plain => tar.to_vec(),
        Packing::Zstd => zstd::encode_all(tar, 1).unwrap(),
        Packing::Gzip => {
            let mut gzip = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let (mut input, tar) = (gzip.stdin.take().unwrap(), tar.to_vec());
            let writer = thread::spawn(move || input.write_all(&tar).unwrap());
            let output = gzip.wait_with_output().unwrap();
            writer.join().unwrap();
            output.stdout
        }
    }
}

backup_core::journal_contract!(log_file, make_log_file);

fn make_log_file() -> JournalPlace {
    let home = home();
    let logs = home.path().join(Home::LOGS);
    let log = logs.join(Home::SERVICE_LOG);
    JournalPlace {
        journal: Reopenable::<dyn Journal>::new(move || {
            Box::new(LogFile::new(&Home::open(home.path()).unwrap(), Home::SERVICE_LOG))
        }),
        read: Box::new(move || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            text.split_terminator('\n').map(str::to_owned).collect()
        }),
    }
}

backup_core::clock_contract!(system_clock, || Box::new(SystemClock));

backup_core::archiver_contract!(tar_archiver, make_tar_archiver);

fn make_tar_archiver(files: &Files) -> PackPlace {
    let home = home();
    let source = home.path().join("source");
    fs::create_dir(&source).unwrap();
    for (name, contents) in files {
        fs::write(source.join(name), contents).unwrap();
    }
    let opened = Home::open(home.path()).unwrap();
    let read = move |archive: &[u8]| {
        let _kept = &home;
        regular_files(archive).ok()
    };
    PackPlace { archiver: Box::new(TarArchiver::for_home(&opened)), source, read: Box::new(read) }
}

backup_core::restorer_contract!(tar_restorer, make_tar_restorer);

fn make_tar_restorer(files: &Files) -> RestorePlace {
    restore_place(Box::new(TarRestorer), files)
}

/// Restores from a stream, where everything is wanted: what a stream can't do is left to the adapter itself.
struct StreamRestorer;

impl Restorer for StreamRestorer {
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        if !request.chosen.is_empty() {
            return TarRestorer.restore(archive, request, progress);
        }
        let (mut stream, mut writer) = std::io::pipe().unwrap();
        let mut bytes = Vec::new();
        archive.read_to_end(&mut bytes).unwrap();
        thread::scope(|scope| {
            // A restore that ends early leaves the rest in the pipe.
            scope.spawn(move || writer.write_all(&bytes));
            let report = TarRestorer.restore_stream(&mut stream, request, progress);
            drop(stream);
            report
        })
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        TarRestorer.preview(archive, request, progress)
    }
}

backup_core::restorer_contract!(tar_restorer_of_streams, make_stream_restorer);

fn make_stream_restorer(files: &Files) -> RestorePlace {
    restore_place(Box::new(StreamRestorer), files)
}

fn restore_place(restorer: Box<dyn Restorer>, files: &Files) -> RestorePlace {
    let home = home();
    let target = home.path().join("target");
    let (read, put, exists) = (target.clone(), target.clone(), target.clone());
    RestorePlace {
        restorer,
        archive: packed(files),
        target,
        read: Box::new(move |name| fs::read(read.join(name)).ok()),
        put: Box::new(move |name, contents| {
            let _kept = &home;
            fs::create_dir_all(&put).unwrap();
            fs::write(put.join(name), contents).unwrap();
        }),
        exists: Box::new(move || exists.exists()),
    }
}

backup_core::viewer_contract!(tar_viewer, make_tar_viewer);

fn make_tar_viewer(files: &Files) -> ViewPlace {
    ViewPlace { viewer: Box::new(TarViewer), archive: packed(files) }
}

backup_core::driller_contract!(tar_driller, make_tar_driller);

fn make_tar_driller(files: &Files) -> DrillPlace {
    let home = home();
    let backups = home.path().join(Home::BACKUPS);
    fs::create_dir(&backups).unwrap();
    let archive = backups.join("docs.tar");
    fs::write(&archive, packed(files)).unwrap();
    // A folder holds what has to come back in another form, and a file lists what must not come back.
    let (otherwise, missing) = (home.path().join("otherwise"), home.path().join("missing"));
    fs::create_dir(&otherwise).unwrap();
    let script = format!(
        "#!/bin/sh\ntar \"$@\" && [ \"$1\" = --extract ] || exit\ncp {}/* source\nxargs rm -f <{}\n:\n",
        otherwise.display(),
        missing.display()
    );
    // A copy by another process: a thread that starts a program meanwhile would hold a file that we write ourselves open, and
    // what is open for writing can't be run.
    let (written, tar) = (home.path().join("spoiling.sh"), home.path().join("spoiling"));
    fs::write(&written, script).unwrap();
    fs::set_permissions(&written, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Command::new("cp").arg(&written).arg(&tar).status().unwrap().success());
    let (read, put, beside) = (archive.clone(), archive, home.path().join("beside"));
    DrillPlace {
        driller: Box::new(TarDriller::new(&Home::open(home.path()).unwrap()).with_tools(tar, "zstd")),
        archive: "docs.tar".to_owned(),
        stored: Box::new(move || fs::read(&read).unwrap()),
        put: Box::new(move |bytes| {
            fs::write(&beside, bytes).unwrap();
            fs::rename(&beside, &put).unwrap();
        }),
        spoil: Box::new(move |name, contents| match contents {
            Some(contents) => fs::write(otherwise.join(name), contents).unwrap(),
            None => fs::write(&missing, format!("source/{name}")).unwrap(),
        }),
        has_scratch: Box::new(move || {
            let _kept = &home;
            fs::read_dir(&backups).unwrap().count() != 1
        }),
    }
}

backup_core::home_contract!(files_of_a_home, make_files_of_a_home);

fn make_files_of_a_home(clock: &ManualClock) -> HomePlace {
    let (folder, elsewhere) = (home(), home());
    let home = Home::open(folder.path()).unwrap();
    let source = folder.path().join("docs");
    fs::create_dir(&source).unwrap();
    HomePlace {
        clock: Box::new(clock.clone()),
        schedules: Box::new(ScheduleFile::new(&home)),
        archiver: Box::new(TarArchiver::default()),
        backups: Box::new(BackupDir::new(&home)),
        history: Box::new(HistoryFile::new(&home)),
        journal: Box::new(LogFile::new(&home, Home::SERVICE_LOG)),
        restorer: Box::new(TarRestorer),
        home: folder.path().to_owned(),
        target: elsewhere.path().to_owned(),
        write: Box::new(move |name, contents| {
            let _kept = &folder;
            fs::write(source.join(name), contents).unwrap();
        }),
        read: Box::new(move |path| {
            let _kept = &elsewhere;
            fs::read(path).ok()
        }),
    }
}

backup_core::commands_contract!(system_commands, make_system_commands);

fn make_system_commands() -> CommandPlace {
    let home = home();
    let dir = home.path().canonicalize().unwrap();
    let missing = dir.join("missing");
    CommandPlace {
        commands: Box::new(SystemCommands),
        missing_dir: missing.clone(),
        missing: command::Command::program(vec![missing.to_str().unwrap().to_owned()]).unwrap(),
        that: Box::new(move |acts| {
            let _kept = &home;
            let script: Vec<_> = acts.iter().map(shell_of).collect();
            command::Command::shell(format!(":; {}", script.join("; "))).unwrap()
        }),
        dir,
    }
}

/// Returns what does this in a shell.
fn shell_of(act: &Act) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match act {
        Act::Print(bytes) => format!("printf '%s' '{}'", text(bytes)),
        Act::Complain(bytes) => format!("printf '%s' '{}' >&2", text(bytes)),
        Act::PrintMuch(count) => format!("head -c {count} /dev/zero | tr '\\0' x"),
        Act::PrintInput => "cat".to_owned(),
        Act::PrintVariable(name) => format!("printf '%s' \"${name}\""),
        Act::PrintFolder => "pwd".to_owned(),
        Act::Hang => "sleep 1000".to_owned(),
        Act::Exit(code) => format!("exit {code}"),
        Act::Die(signal) => format!("kill -{signal} $$"),
    }
}

/// Returns an archive of a folder with these files.
fn packed(files: &Files) -> Vec<u8> {
    let home = home();
    let source = home.path().join("source");
    fs::create_dir(&source).unwrap();
    for (name, contents) in files {
        fs::write(source.join(name), contents).unwrap();
    }
    let mut archive = Vec::new();
    let request = PackRequest::all_of(&source);
    TarArchiver::default().pack(&request, &mut archive, &SilentProgress).unwrap();
    archive
}

/// Returns the regular files of an archive, named as below its top folder.
fn regular_files(archive: &[u8]) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.components().skip(1).collect();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents)?;
        files.push((path, contents));
    }
    Ok(files)
}
