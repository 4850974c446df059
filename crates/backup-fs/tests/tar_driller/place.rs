//! A home with a source and its backups, and tars made up to get something wrong.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use backup_core::model::archive::{BackupRecord, Compression, Grade};
use backup_core::model::error::PortError;
use backup_core::model::history::DrillReport;
use backup_core::model::job::DrillRequest;
use backup_core::ports::{Archiver, BackupStore, Driller, PackRequest, SilentProgress};
use backup_fs::{BackupDir, Home, TarArchiver, TarDriller};
use tempfile::TempDir;

use crate::tree::{is_root, make_writable, set_attribute, set_modified};

pub(crate) struct Place {
    home: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn opened(&self) -> Home {
        Home::open(self.home.path()).unwrap()
    }

    pub(crate) fn store(&self) -> BackupDir {
        BackupDir::new(&self.opened())
    }

    /// Makes the backup of the folder `docs`.
    pub(crate) fn back_up(&self, compression: Compression) -> BackupRecord {
        let store = self.store();
        let mut draft = store.draft(&"docs".parse().unwrap(), compression).unwrap();
        let source = self.path("docs");
        let request = PackRequest::all_of(&source);
        let report = TarArchiver::new(Vec::new()).pack(&request, &mut *draft, &SilentProgress).unwrap();
        assert_eq!(report.grade(), Grade::Complete);
        draft.publish(Grade::Complete).unwrap()
    }

    pub(crate) fn driller(&self) -> TarDriller {
        TarDriller::new(&self.opened())
    }

    pub(crate) fn drill(&self, driller: &TarDriller, archive: &str) -> Result<DrillReport, PortError> {
        let before = self.listed();
        let report = driller.drill(&DrillRequest { archive, scratch: None, identity: None }, &SilentProgress);
        assert_eq!(self.listed(), before, "nothing is left, and the archive stands");
        report
    }

    pub(crate) fn listed(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("backups")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Writes a program that does this. A shell writes it: were it open here, a process that another test starts in that
    /// moment would keep it from being run.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        let write = "printf '%s\n' '#!/bin/sh' \"$1\" >\"$0\" && chmod 700 \"$0\"";
        let written = Command::new("sh").args(["-c", write]).arg(&path).arg(script).status().unwrap();
        assert!(written.success());
        path
    }

    /// Makes a tar that restores as the real one does, and then does this to what it restored.
    pub(crate) fn tar_that(&self, script: &str) -> TarDriller {
        let script = format!("tar \"$@\" || exit\ncase $1 in --version) exit 0 ;; esac\ncd docs && {script}");
        self.driller().with_tools(self.program("tar-that", &script), "zstd")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        make_writable(self.home.path());
    }
}

/// Fills the folder `docs` with one of each.
pub(crate) fn fill(docs: &Path) {
    fs::create_dir_all(docs.join("read only/inner")).unwrap();
    fs::create_dir(docs.join("empty")).unwrap();
    fs::write(docs.join("letter"), "Dear all\n".repeat(100_000)).unwrap();
    fs::write(docs.join("read only/inner/a\nb \u{e4} -rf"), "odd").unwrap();
    fs::write(docs.join("nothing"), "").unwrap();
    fs::write(docs.join("program"), "#!/bin/sh\n").unwrap();
    fs::hard_link(docs.join("letter"), docs.join("second name")).unwrap();
    symlink("../letter", docs.join("link")).unwrap();
    symlink("nowhere", docs.join("read only/lost")).unwrap();
    let sparse = fs::File::create(docs.join("sparse")).unwrap();
    sparse.set_len(3_000_000).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"island", 2_000_000).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, docs.join("fifo"), rustix::fs::Mode::from_raw_mode(0o640)).unwrap();
    set_attribute(&docs.join("letter"), b"user.note", b"any \0 bytes");
    set_attribute(&docs.join("empty"), b"user.note", b"of a folder");
    set_list(&docs.join("nothing"));
    if is_root() {
        std::os::unix::fs::lchown(docs.join("link"), Some(7), Some(8)).unwrap();
        std::os::unix::fs::chown(docs.join("program"), Some(4_000_000), Some(9)).unwrap();
    } else {
        backup_core::testing::skipped("owners, for only root can set them");
    }
    let modes = [
        ("program", 0o4755),
        ("empty", 0o3777),
        ("nothing", 0o640),
        ("read only/inner", 0o500),
        ("read only", 0o555),
    ];
    for (name, mode) in modes {
        fs::set_permissions(docs.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    for name in ["letter", "link", "fifo", "empty", "read only"] {
        set_modified(&docs.join(name), 1_700_000_000, 123_456_789);
    }
    set_modified(&docs.join("sparse"), -1, 1);
}

fn set_list(path: &Path) {
    let set = Command::new("setfacl").args(["-m", "u:7:r,g:8:r"]).arg(path).status();
    if !set.is_ok_and(|status| status.success()) {
        backup_core::testing::skipped("ACLs, for setfacl isn't there, or can't set one here");
    }
}
