//! What `TarArchiver` leaves out on purpose.
#![expect(clippy::unwrap_used, reason = "tests, and what they need, outside a test function")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use backup_core::model::archive::Selection;
use backup_core::model::archive::{Finding, FindingKind, PackReport};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{Archiver, PackRequest, Progress};
use backup_fs::TarArchiver;

/// Hears what is found, and remembers it.
#[derive(Default)]
struct Listener(Mutex<Vec<Finding>>);

impl Progress for Listener {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn found(&self, finding: &Finding) {
        self.0.lock().unwrap().push(finding.clone());
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// What came of a pack.
struct Packed {
    report: PackReport,
    /// The paths below the source; folders end with a slash.
    members: BTreeSet<String>,
    /// What was heard of while it was packed.
    heard: Vec<(PathBuf, FindingKind)>,
}

fn try_pack(source: &Path, selection: &Selection) -> Result<Packed, PortError> {
    let (listener, mut bytes) = (Listener::default(), Vec::new());
    let request = PackRequest::selected(source, selection);
    let report = TarArchiver::default().pack(&request, &mut bytes, &listener)?;
    let mut archive = tar::Archive::new(&bytes[..]);
    let top = source.file_name().unwrap().as_bytes();
    let members = archive.entries().unwrap().map(|entry| {
        let path = entry.unwrap().path_bytes().into_owned();
        String::from_utf8_lossy(path.strip_prefix(top).unwrap()).trim_start_matches('/').to_owned()
    });
    let members: BTreeSet<_> = members.collect();
    let heard = listener.0.into_inner().unwrap();
    let heard = heard.into_iter().map(|finding| (finding.path, finding.kind)).collect();
    assert_eq!(report.entries, members.len() as u64);
    Ok(Packed { report, members, heard })
}

fn pack(source: &Path, selection: &Selection) -> Packed {
    try_pack(source, selection).unwrap()
}

fn excluding(patterns: &[&str]) -> Selection {
    let exclude = patterns.iter().map(ToString::to_string).collect();
    Selection { exclude, ..Selection::default() }
}

fn put(source: &Path, path: impl AsRef<Path>, contents: &[u8]) {
    let path = source.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

// ---- Patterns, as git understands them ----

const FILES: [&str; 30] = [
    "a.tmp",
    "a.txt",
    "b/a.tmp",
    "b/c/a.tmp",
    "b/c/d/e.o",
    "b/c.o",
    "cache/x",
    "b/cache/x",
    "docs/cache",
    "main.o",
    "foo/bar/keep",
    "foo/bar/drop",
    "foo/other",
    "deep/foo/bar/keep",
    "#hash",
    "!loud",
    "with space",
    "trail ",
    "brace{a,b}",
    "bracea",
    "x{1}",
    "[ab]",
    "a",
    "back\\slash",
    ".hidden",
    "b/.hidden",
    "new\nline",
    "Upper.TMP",
    "größe.tmp",
    "z/z/z/z",
];

/// Each line is a list of patterns.
const PATTERNS: &[&[&str]] = &[
    &[],
    &["*.tmp"],
    &["/*.tmp"],
    &["b/*.tmp"],
    &["b/**/*.tmp"],
    &["**/c/*.tmp"],
    &["cache"],
    &["cache/"],
    &["/cache/"],
    &["/cache"],
    &["docs/cache/"],
    &["b/**"],
    &["b/c"],
    &["/b/c/"],
    &["*.o", "!main.o"],
    &["!main.o", "*.o"],
    &["foo/*", "!foo/bar"],
    &["foo/", "!foo/bar/keep"],
    &["foo/*", "!foo/bar", "foo/bar/*", "!foo/bar/keep"],
    &["/*", "!/foo"],
    &["*"],
    &["**"],
    &["/**"],
    &["*", "!*/", "!*.txt"],
    &["\\#hash"],
    &["\\!loud"],
    &["with space"],
    &["a.txt   "],
    &["trail\\ "],
    &["brace{a,b}"],
    &["x{1}", "!x{2}"],
    &["\\[ab\\]"],
    &["[ab]"],
    &["[!a]"],
    &["[^a]*"],
    &["[a-c].t?t"],
    &["?"],
    &["back\\\\slash"],
    &[".*"],
    &["new?line"],
    &["*.TMP"],
    &["gr*e.tmp"],
    &["größe.tmp"],
    &["z/z"],
    &["z/*/z"],
    &["z/**/z"],
    &["**/z/z/z"],
    &["foo/bar"],
    &["bar/keep"],
    &["**/bar/keep"],
    &["link"],
    &["link/"],
    &["linked/"],
    &["b//c"],
    &["./a"],
    &["a\\.txt"],
    &["*a*"],
    &["deep/*/bar"],
    &["*/cache"],
];

fn git(work_tree: &Path, git_dir: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    command.current_dir(work_tree).arg("--git-dir").arg(git_dir).arg("--work-tree").arg(work_tree);
    command.args(["-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let run = command.output().ok()?;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(run.stdout)
}

/// The files that git would take with these patterns, or nothing when there is no git.
fn taken_by_git(source: &Path, git_dir: &Path, patterns: &[&str]) -> Option<BTreeSet<String>> {
    git(source, git_dir, &["init", "--quiet"])?;
    fs::create_dir_all(git_dir.join("info")).unwrap();
    fs::write(git_dir.join("info/exclude"), patterns.join("\n")).unwrap();
    let listed = git(source, git_dir, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Some(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

#[test]
fn patterns_mean_what_they_mean_to_git() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    for file in FILES {
        put(&source, file, b"x");
    }
    put(&source, "linked/inner", b"x");
    put(&source, OsStr::from_bytes(b"not \xff utf-8.tmp"), b"x");
    symlink("linked", source.join("link")).unwrap();
    for patterns in PATTERNS {
        let Some(expected) = taken_by_git(&source, &home.path().join("git"), patterns) else {
            return backup_core::testing::skipped("git is not installed");
        };
        let mut packed = pack(&source, &excluding(patterns)).members;
        packed.retain(|path| !path.is_empty() && !path.ends_with('/'));
        assert_eq!(packed, expected, "{patterns:?}");
    }
}

#[test]
fn what_is_excluded_is_counted_and_heard_of_and_folders_are_not_walked() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    for file in ["a", "a.tmp", "cache/1", "cache/2", "b/c.tmp"] {
        put(&source, file, b"x");
    }
    let packed = pack(&source, &excluding(&["*.tmp", "cache/"]));
    assert_eq!(packed.members, ["", "a", "b/"].map(str::to_owned).into());
    assert_eq!((packed.report.excluded_entries, packed.report.findings), (3, Vec::new()));
    let heard: Vec<_> =
        packed.heard.iter().map(|(path, kind)| (path.to_str().unwrap(), kind.clone())).collect();
    let excluded = ["a.tmp", "b/c.tmp", "cache"].map(|path| (path, FindingKind::Excluded));
    assert_eq!(heard, excluded);
}

#[test]
fn a_hard_link_to_what_is_excluded_holds_its_own_contents() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    put(&source, "a.tmp", b"contents");
    fs::hard_link(source.join("a.tmp"), source.join("b")).unwrap();
    let packed = pack(&source, &excluding(&["*.tmp"]));
    assert_eq!(packed.members, ["", "b"].map(str::to_owned).into());
    assert_eq!(packed.report.content_bytes, 8);
}

#[test]
fn the_source_itself_is_never_left_out() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    put(&source, "a", b"x");
    put(&source, "CACHEDIR.TAG", SIGNATURE);
    let all = Selection { exclude_caches: true, ..excluding(&["docs", "/docs"]) };
    assert_eq!(pack(&source, &all).report.entries, 3);
    let file = pack(&source.join("a"), &excluding(&["*", "a"]));
    assert_eq!((file.report.entries, file.report.excluded_entries), (1, 0));
}

#[test]
fn patterns_without_a_meaning_are_refused() {
    let cases = [
        ("[ab", "unclosed character class"),
        ("a\\", "dangling"),
        ("[z-a]", "invalid range"),
        ("#hash", "is a comment"),
        ("", "matches nothing"),
        ("  ", "matches nothing"),
        ("/", "matches nothing"),
        ("!", "matches nothing"),
        ("!/", "matches nothing"),
    ];
    let home = tempfile::tempdir().unwrap();
    for (pattern, expected) in cases {
        let selection = excluding(&["fine", pattern]);
        let fault = TarArchiver::default().check_selection(&selection).unwrap_err();
        assert_eq!(fault.pattern, pattern);
        assert!(fault.reason.contains(expected), "{pattern}: {fault}");
        let error = try_pack(home.path(), &selection).err().unwrap();
        assert_eq!(error.failure, Failure::Refused, "{pattern}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    for patterns in PATTERNS {
        assert_eq!(TarArchiver::default().check_selection(&excluding(patterns)), Ok(()), "{patterns:?}");
    }
}

// ---- Caches ----

const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

#[test]
fn of_a_cache_only_its_entry_and_its_tag_are_kept() {
    let long = [SIGNATURE, b"\n# This file is a cache directory tag.\n"].concat();
    let late = [b"\n", SIGNATURE].concat();
    let cases: [(&[u8], bool); 6] = [
        (SIGNATURE, true),
        (&long, true),
        (b"", false),
        (&SIGNATURE[..42], false),
        (&late, false),
        (b"signature: 8a477f597d28d172789f06886806bc55", false),
    ];
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    let selection = Selection { exclude_caches: true, ..Selection::default() };
    for (tag, is_cache) in cases {
        for (file, contents) in [("a/cache/CACHEDIR.TAG", tag), ("a/cache/d/object", b"x"), ("a/z", b"x")] {
            put(&source, file, contents);
        }
        let without = ["", "a/", "a/cache/", "a/cache/CACHEDIR.TAG", "a/z"];
        let mut expected: BTreeSet<_> = without.map(str::to_owned).into();
        let mut heard = vec![(PathBuf::from("a/cache"), FindingKind::Cache)];
        if !is_cache {
            expected.extend(["a/cache/d/", "a/cache/d/object"].map(str::to_owned));
            heard.clear();
        }
        let packed = pack(&source, &selection);
        assert_eq!((packed.members, packed.heard), (expected, heard), "{}", tag.escape_ascii());
        assert_eq!(packed.report.excluded_entries, u64::from(is_cache));
        assert_eq!(pack(&source, &Selection::default()).report.entries, 7, "only when asked");
        compare_with_gnu_tar(&source, "--exclude-caches", &selection);
    }
}

#[test]
fn a_tag_that_is_no_file_marks_no_cache() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    put(home.path(), "tag", SIGNATURE);
    put(&source, "linked/object", b"x");
    symlink("../../tag", source.join("linked/CACHEDIR.TAG")).unwrap();
    put(&source, "folder/CACHEDIR.TAG/object", b"x");
    fs::create_dir(source.join("waiting")).unwrap();
    let fifo = source.join("waiting/CACHEDIR.TAG");
    rustix::fs::mkfifoat(rustix::fs::CWD, fifo, rustix::fs::Mode::from_raw_mode(0o640)).unwrap();
    let packed = pack(&source, &Selection { exclude_caches: true, ..Selection::default() });
    assert_eq!((packed.report.entries, packed.report.excluded_entries), (9, 0));
}

/// GNU tar's list with that option holds the same members.
fn compare_with_gnu_tar(source: &Path, option: &str, selection: &Selection) {
    let parent = source.parent().unwrap();
    let script = r#"tar -C "$1" "$2" -cf - docs 2>/dev/null | tar -tf -"#;
    let run = Command::new("sh").args(["-c", script, "sh"]).arg(parent).arg(option).output().unwrap();
    let listed = String::from_utf8(run.stdout).unwrap();
    let listed: BTreeSet<_> =
        listed.lines().map(|line| line.strip_prefix("docs/").unwrap().to_owned()).collect();
    assert_eq!(pack(source, selection).members, listed, "tar {option}");
}

// ---- Other file systems ----

/// A file system in memory, as long as this lives.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: PathBuf) -> Option<Self> {
        let mut mount = Command::new("mount");
        let is_mounted = mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&path).output();
        is_mounted.is_ok_and(|run| run.status.success()).then_some(Self(path))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn of_another_file_system_only_the_mount_point_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("docs");
    put(&source, "a", b"x");
    fs::create_dir_all(source.join("mnt/other")).unwrap();
    let Some(_mounted) = Mounted::at(source.join("mnt/other")) else {
        return backup_core::testing::skipped("only root can mount a file system");
    };
    put(&source, "mnt/other/inner/x", b"x");
    put(&source, "z", b"x");
    let one = Selection { one_file_system: true, ..Selection::default() };
    let packed = pack(&source, &one);
    assert_eq!(packed.members, ["", "a", "mnt/", "mnt/other/", "z"].map(str::to_owned).into());
    assert_eq!(packed.heard, [(PathBuf::from("mnt/other"), FindingKind::OtherFileSystem)]);
    assert_eq!((packed.report.excluded_entries, packed.report.findings), (1, Vec::new()));
    compare_with_gnu_tar(&source, "--one-file-system", &one);
    assert_eq!(pack(&source, &Selection::default()).report.entries, 7, "only when asked");
    // A pattern means exactly what it names, in any folder.
    assert_eq!(pack(&source.join("mnt/other"), &one).report.entries, 3);
}
