//! The stock tools, each called once for many archives.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A tool that makes and extracts archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    GnuTar,
    BsdTar,
    Python,
}

pub(crate) const TOOLS: [Tool; 3] = [Tool::GnuTar, Tool::BsdTar, Tool::Python];

/// Calls the rest of the arguments as a command for each entry of `$1`.
const EACH: &str = r#"
from=$1 to=$2 verb=$3; shift 3
for path in "$from"/*; do
    name=${path##*/}
    case $verb in
        extract) mkdir "$to/$name" && "$@" -xpf "$path" -C "$to/$name" || exit 1 ;;
        create) "$@" -cf "$to/$name" -C "$path" docs || exit 1 ;;
    esac
done
"#;

const PYTHON: &str = r"
import os, sys, tarfile
source, target, verb, form = sys.argv[1:]
more = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}
for name in os.listdir(source):
    path, to = os.path.join(source, name), os.path.join(target, name)
    if verb == 'extract':
        with tarfile.open(path) as archive:
            archive.extractall(to, **more)
    else:
        with tarfile.open(to, 'w', format=int(form)) as archive:
            archive.add(os.path.join(path, 'docs'), 'docs')
";

impl Tool {
    fn program(self) -> &'static str {
        match self {
            Self::GnuTar => "tar",
            Self::BsdTar => "bsdtar",
            Self::Python => "python3",
        }
    }

    /// Returns whether the tool is installed, and says so where it isn't.
    pub(crate) fn is_there(self) -> bool {
        let is_there = Command::new(self.program()).arg("--version").output().is_ok();
        if !is_there {
            backup_core::testing::skipped(format_args!("{} is not installed", self.program()));
        }
        is_there
    }

    /// Extracts each archive in `from` to a folder of its name in `to`.
    pub(crate) fn extract(self, from: &Path, to: &Path) {
        let options = if self == Self::GnuTar { &["--xattrs", "--acls"][..] } else { &[] };
        self.run(from, to, "extract", options);
    }

    /// Makes of `docs` in each folder in `from` an archive of the folder's name in `to`.
    pub(crate) fn create(self, from: &Path, to: &Path, options: &[&str]) {
        self.run(from, to, "create", options);
    }

    fn run(self, from: &Path, to: &Path, verb: &str, options: &[&str]) {
        fs::create_dir_all(to).unwrap();
        let mut command = match self {
            Self::Python => Command::new("python3"),
            _ => Command::new("sh"),
        };
        match self {
            Self::Python => command.args(["-c", PYTHON]).args([from, to]).arg(verb),
            _ => command.args(["-c", EACH, "sh"]).args([from, to]).arg(verb).arg(self.program()),
        };
        let options = if self == Self::Python && options.is_empty() { &["0"] } else { options };
        let run = command.args(options).env("LC_ALL", "C.UTF-8").output().unwrap();
        assert!(
            run.status.success(),
            "{self:?} {verb} {options:?}: {}",
            String::from_utf8_lossy(&run.stderr)
        );
    }
}
