//! The programs that are compared, and how each is called.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::arena::Arena;
use crate::command::Call;
use crate::failure::{Failure, Outcome};

const PYTHON: &str = "import sys, tarfile
with tarfile.open(sys.argv[1], 'w') as archive:
    archive.add(sys.argv[2], sys.argv[3])
";
const TAR_INTO_ZSTD: &str = r#"tar -C "$1" -cf - "$2" | zstd -q -T0 -3 -o "$3""#;
/// The options with which GNU tar stores what ours stores.
const LIKE_OURS: [&str; 4] = ["--format=posix", "--xattrs", "--acls", "-cf"];
const ZST: &str = "compress=zstd";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Ours,
    OursZst,
    Tar,
    /// GNU tar, asked to store what ours stores.
    TarLike,
    Bsdtar,
    Python,
    TarZst,
    Sha256sum,
}

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "Backup Manager",
            Self::OursZst => "Backup Manager, `compress=zstd`",
            Self::Tar => "GNU tar",
            Self::TarLike => "GNU tar with times, attributes and ACLs",
            Self::Bsdtar => "bsdtar",
            Self::Python => "Python tarfile",
            Self::TarZst => "GNU tar into `zstd -T0 -3`",
            Self::Sha256sum => "sha256sum",
        }
    }
}

/// A program beside ours, with the first line of what it says about its version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    program: PathBuf,
    version: String,
}

/// Which of the programs are here.
#[derive(Debug)]
pub(crate) struct Toolbox {
    manager: PathBuf,
    tar: Option<Found>,
    bsdtar: Option<Found>,
    python: Option<Found>,
    zstd: Option<Found>,
    sha256sum: Option<Found>,
    compresses: bool,
}

/// A call that is ready to be measured.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) call: Call,
    /// What has to be made durable after the call. Ours does that by itself.
    pub(crate) sync: Option<PathBuf>,
}

impl Toolbox {
    pub(crate) fn open(manager: PathBuf, arena: &Arena) -> Outcome<Self> {
        let home = arena.fresh_output()?;
        let compresses = create(&manager, home, &schedule(home, Some(ZST))).read().is_ok();
        Ok(Self {
            manager,
            tar: find("tar").filter(|found| found.version.contains("GNU tar")),
            bsdtar: find("bsdtar"),
            python: find_python(),
            zstd: find("zstd"),
            sha256sum: find("sha256sum"),
            compresses,
        })
    }

    /// Returns why a tool can't take part, or None when it can.
    pub(crate) fn absence(&self, tool: Tool) -> Option<&'static str> {
        let there = match tool {
            Tool::OursZst if !self.compresses => return Some("`compress=zstd` is not there yet"),
            Tool::Ours | Tool::OursZst => true,
            Tool::Tar | Tool::TarLike => self.tar.is_some(),
            Tool::Bsdtar => self.bsdtar.is_some(),
            Tool::Python => self.python.is_some(),
            Tool::TarZst => self.tar.is_some() && self.zstd.is_some(),
            Tool::Sha256sum => self.sha256sum.is_some(),
        };
        (!there).then_some("not installed")
    }

    /// Returns what the tools say about their versions, ours first.
    pub(crate) fn versions(&self) -> Vec<String> {
        let others =
            [&self.tar, &self.bsdtar, &self.python, &self.zstd, &self.sha256sum].into_iter().flatten();
        let ours = version(&self.manager).into_iter();
        ours.chain(others.map(|found| found.version.clone())).collect()
    }

    /// Prepares the call that packs `tree` into the empty folder `output`.
    pub(crate) fn ready(&self, tool: Tool, tree: &Path, output: &Path) -> Outcome<Ready> {
        match tool {
            Tool::Ours => self.ours(&schedule(tree, None), output),
            Tool::OursZst => self.ours(&schedule(tree, Some(ZST)), output),
            _ => Ok(self.theirs(tool, tree, output)),
        }
    }

    /// Packs `tree` into the new home, and returns the archive.
    pub(crate) fn archive(&self, tree: &Path, home: &Path) -> Outcome<PathBuf> {
        fs::create_dir(home).map_err(Failure::doing(format!("make {}", home.display())))?;
        create(&self.manager, home, &schedule(tree, None)).read()?;
        manager(&self.manager, home).args(["run", "bench"]).read()?;
        Ok(home.join("backups/bench.tar"))
    }

    /// Prepares the call that restores the archive into the empty folder `target`.
    pub(crate) fn restoring(&self, tool: Tool, home: &Path, archive: &Path, target: &Path) -> Call {
        let extract = ["-xf".into(), text(archive), "-C".into(), text(target)];
        match tool {
            Tool::Bsdtar => call(self.bsdtar.as_ref()).args(extract),
            Tool::Tar => call(self.tar.as_ref()).args(extract),
            _ => {
                let folder = target.join("bench");
                manager(&self.manager, home).args([
                    "restore".into(),
                    "bench".into(),
                    "--to".into(),
                    text(&folder),
                ])
            }
        }
    }

    /// Prepares the call that tells whether the archive is what it was.
    pub(crate) fn verifying(&self, tool: Tool, home: &Path, archive: &Path) -> Call {
        match tool {
            Tool::Sha256sum => call(self.sha256sum.as_ref()).args([text(archive)]),
            _ => manager(&self.manager, home).args(["verify", "bench"]),
        }
    }

    /// Prepares the call of a command in a home that is there. That it finds something wrong there is no failure.
    pub(crate) fn managing(&self, home: &Path, command: &[&str]) -> Call {
        let script = ["-c", "\"$@\"; test $? -le 1", "sh"].map(str::to_owned);
        let called: Vec<_> = manager(&self.manager, home).args(command.iter().copied()).words().collect();
        Call::new("sh").args(script.into_iter().chain(called))
    }

    /// Prepares the call of a command in a home that is there.
    pub(crate) fn calling(&self, home: &Path, command: &[&str]) -> Call {
        manager(&self.manager, home).args(command.iter().copied())
    }

    fn ours(&self, schedule: &str, output: &Path) -> Outcome<Ready> {
        let home = output.join("home");
        fs::create_dir(&home).map_err(Failure::doing(format!("make {}", home.display())))?;
        create(&self.manager, &home, schedule).read()?;
        Ok(Ready { call: manager(&self.manager, &home).args(["run", "bench"]), sync: None })
    }

    fn theirs(&self, tool: Tool, tree: &Path, output: &Path) -> Ready {
        let archive = output.join(if tool == Tool::TarZst { "bench.tar.zst" } else { "bench.tar" });
        let name = tree.file_name().map_or("".into(), |name| name.to_string_lossy()).into_owned();
        let parent = text(tree.parent().unwrap_or(tree));
        let target = text(&archive);
        let call = match tool {
            Tool::Python => {
                call(self.python.as_ref()).args(["-c".into(), PYTHON.into(), target, text(tree), name])
            }
            Tool::TarZst => {
                Call::new("sh").args(["-c".into(), TAR_INTO_ZSTD.into(), "sh".into(), parent, name, target])
            }
            Tool::Bsdtar => {
                call(self.bsdtar.as_ref()).args(["-cf".into(), target, "-C".into(), parent, name])
            }
            Tool::TarLike => {
                let options = LIKE_OURS.map(str::to_owned).into_iter();
                call(self.tar.as_ref()).args(options.chain([target, "-C".into(), parent, name]))
            }
            _ => call(self.tar.as_ref()).args(["-cf".into(), target, "-C".into(), parent, name]),
        };
        Ready { call, sync: Some(archive) }
    }
}

fn call(found: Option<&Found>) -> Call {
    Call::new(found.map_or_else(PathBuf::new, |found| found.program.clone()))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn manager(manager: &Path, home: &Path) -> Call {
    Call::new(manager).args(["--home".into(), text(home)])
}

fn create(program: &Path, home: &Path, schedule: &str) -> Call {
    manager(program, home).args(["create", schedule])
}

fn schedule(tree: &Path, option: Option<&str>) -> String {
    let fields = [text(tree), "03:00".into(), "bench".into()];
    fields.into_iter().chain(option.map(str::to_owned)).collect::<Vec<_>>().join(";")
}

fn find(name: &str) -> Option<Found> {
    let program = PathBuf::from(name);
    version(&program).map(|version| Found { program, version })
}

/// The interpreter itself: what is called `python3` may be a script that looks for it each time.
fn find_python() -> Option<Found> {
    let ask = ["-c", "import sys; print(sys.executable)"];
    let program: PathBuf = Call::new("python3").args(ask).read().ok()?.trim_end().into();
    version(&program).map(|version| Found { program, version })
}

fn version(program: &Path) -> Option<String> {
    let answer = Call::new(program).args(["--version"]).read().ok()?;
    answer.lines().next().map(|line| line.trim_matches(['*', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolbox() -> Toolbox {
        let found = |name: &str| Some(Found { program: name.into(), version: format!("{name} 1") });
        let [tar, bsdtar, python, zstd, sha256sum] =
            ["tar", "bsdtar", "python3", "zstd", "sha256sum"].map(found);
        let manager = "/nowhere/backup_manager".into();
        Toolbox { manager, tar, bsdtar, python, zstd, sha256sum, compresses: true }
    }

    fn check(tool: Tool, expected: &str) {
        let ready = toolbox().theirs(tool, Path::new("/b/trees/small"), Path::new("/b/out"));
        assert_eq!(ready.call.line().replace(PYTHON, "SCRIPT"), expected);
        assert!(ready.sync.unwrap().starts_with("/b/out"));
    }

    #[test]
    fn the_others_store_the_tree_under_its_own_name() {
        check(Tool::Tar, "tar -cf /b/out/bench.tar -C /b/trees small");
        check(Tool::TarLike, "tar --format=posix --xattrs --acls -cf /b/out/bench.tar -C /b/trees small");
        check(Tool::Bsdtar, "bsdtar -cf /b/out/bench.tar -C /b/trees small");
        let line = r#"sh -c 'tar -C "$1" -cf - "$2" | zstd -q -T0 -3 -o "$3"' sh /b/trees small /b/out/bench.tar.zst"#;
        check(Tool::TarZst, line);
    }

    #[test]
    fn a_schedule_has_its_option_behind_the_name() {
        assert_eq!(schedule(Path::new("/b/small"), None), "/b/small;03:00;bench");
        assert_eq!(schedule(Path::new("/b/small"), Some(ZST)), "/b/small;03:00;bench;compress=zstd");
    }

    #[test]
    fn what_is_missing_is_reported() {
        let all =
            [Tool::Ours, Tool::OursZst, Tool::Tar, Tool::Bsdtar, Tool::Python, Tool::TarZst, Tool::Sha256sum];
        let absences = |toolbox: &Toolbox| all.map(|tool| toolbox.absence(tool));
        assert_eq!(absences(&toolbox()), [None; 7]);
        let bare = Toolbox {
            tar: None,
            bsdtar: None,
            python: None,
            zstd: None,
            sha256sum: None,
            compresses: false,
            ..toolbox()
        };
        let gone = Some("not installed");
        let expected = [None, Some("`compress=zstd` is not there yet"), gone, gone, gone, gone, gone];
        assert_eq!(absences(&bare), expected);
    }

    #[test]
    fn a_program_that_is_not_here_is_not_found() {
        assert_eq!(find("no-such-program-at-all"), None);
    }
}
