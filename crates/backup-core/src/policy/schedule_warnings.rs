//! Schedule warnings: likely mistakes in schedules that are allowed.

use std::path::{Path, PathBuf};

use self::WarningKind::NothingToExclude;
use crate::model::schedule::{ScheduleEntry, ScheduleOption};

/// A likely mistake in a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The kind of mistake.
    pub kind: WarningKind,
    /// The field with the mistake, as it was given.
    pub value: String,
    /// What to write instead, if that is known.
    pub suggestion: Option<String>,
}

/// The kinds of likely mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// The folder begins with `~`, which only a shell expands.
    FolderTilde,
    /// The folder holds a variable, which only a shell expands.
    FolderVariable,
    /// The folder begins or ends with a quotation mark, which belongs to its name.
    FolderQuoted,
    /// The folder begins or ends with a space, which belongs to its name.
    FolderBlank,
    /// The folder doesn't exist.
    FolderMissing,
    /// The name begins or ends with a quotation mark, which belongs to it.
    NameQuoted,
    /// The name ends like an archive. Its archives get a second ending.
    NameEnding,
    /// The name consists of digits, so that commands may take it for an index.
    NameDigits,
    /// There is a comment after an option. It belongs to the option's value.
    OptionComment,
    /// A pattern begins with the path of the folder itself.
    PatternOfSource,
    /// A pattern begins with the name of the folder itself. Patterns are relative to the folder.
    PatternOwnName,
    /// A pattern leads out of the folder, or is a path outside of it.
    PatternOutside,
    /// A pattern has `.` or nothing between two slashes.
    PatternDot,
    /// A pattern begins and ends with a quotation mark.
    PatternQuoted,
    /// A pattern looks like a list of patterns. A comma separates none.
    PatternList,
    /// A pattern begins with `~/` or a variable, which only a shell expands.
    PatternUnexpanded,
    /// A pattern begins with `#`, so it is a comment.
    PatternComment,
    /// The schedule leaves out other entries than an earlier schedule with the same name, and replaces its archives. The
    /// warning's value is the earlier schedule.
    OtherSelection,
    /// The schedule backs up what a command prints, so there is nothing to leave out.
    NothingToExclude,
}

impl Warning {
    /// Returns whether the folder is most likely not the one that is meant, or isn't there.
    #[must_use]
    pub fn is_about_folder(&self) -> bool {
        matches!(
            self.kind,
            WarningKind::FolderTilde
                | WarningKind::FolderVariable
                | WarningKind::FolderQuoted
                | WarningKind::FolderBlank
                | WarningKind::FolderMissing
        )
    }
}

/// The surroundings that a schedule is checked against.
#[derive(Clone, Copy)]
pub struct WarningContext<'a> {
    /// The folder that relative paths are relative to.
    pub home: &'a Path,
    /// The folder that `~` stands for in a shell, if it is known.
    pub user_home: Option<&'a Path>,
    /// Returns whether something exists at that path, or `None` if that can't be told.
    pub is_there: &'a dyn Fn(&Path) -> Option<bool>,
}

/// Returns the likely mistakes in a schedule.
#[must_use]
pub fn warnings(entry: &ScheduleEntry, context: &WarningContext<'_>) -> Vec<Warning> {
    let source = entry.source_under(context.home);
    let selection = entry.options().selection();
    let pattern = |pattern: &String| pattern_warning(pattern, &source, context);
    let patterns: Vec<_> = match entry.options().command() {
        None => selection.exclude.iter().filter_map(pattern).collect(),
        Some(_) => selection_options(entry).map(|option| warning(NothingToExclude, &option, None)).collect(),
    };
    folder_warning(entry, &source, context)
        .into_iter()
        .chain(name_warning(entry.name().as_str()))
        .chain(patterns)
        .collect()
}

/// Returns the options that say what is left out, as they are written.
fn selection_options(entry: &ScheduleEntry) -> impl Iterator<Item = String> {
    let options = entry.options().each().filter(|option| {
        use ScheduleOption::{Exclude, ExcludeCaches, OneFileSystem};
        matches!(option, Exclude(_) | ExcludeCaches(true) | OneFileSystem(true))
    });
    options.map(ToString::to_string)
}

fn warning(kind: WarningKind, value: &str, suggestion: Option<String>) -> Warning {
    Warning { kind, value: value.to_owned(), suggestion }
}

/// Returns the likely mistake in the folder. A folder that exists is right.
fn folder_warning(entry: &ScheduleEntry, source: &Path, context: &WarningContext<'_>) -> Option<Warning> {
    let folder = entry.source();
    if (context.is_there)(source) == Some(true) {
        return None;
    }
    let (bare, trimmed) = (folder.trim_matches(['"', '\'']), folder.trim());
    if trimmed != folder {
        return Some(warning(WarningKind::FolderBlank, folder, Some(trimmed.to_owned())));
    }
    if bare != folder {
        let bare = Some(bare.to_owned()).filter(|bare| !bare.is_empty());
        return Some(warning(WarningKind::FolderQuoted, folder, bare));
    }
    if let Some(rest) = folder.strip_prefix('~') {
        let below = rest.strip_prefix('/').or_else(|| rest.is_empty().then_some(""));
        return Some(warning(WarningKind::FolderTilde, folder, in_user_home(below, context)));
    }
    if has_variable(folder) {
        let below = ["$HOME/", "${HOME}/"].into_iter().find_map(|home| folder.strip_prefix(home));
        return Some(warning(WarningKind::FolderVariable, folder, in_user_home(below, context)));
    }
    let is_missing = (context.is_there)(source) == Some(false);
    is_missing.then(|| warning(WarningKind::FolderMissing, &source.to_string_lossy(), None))
}

/// Returns the path below the folder that `~` stands for.
fn in_user_home(below: Option<&str>, context: &WarningContext<'_>) -> Option<String> {
    let path: PathBuf = context.user_home?.join(below?).components().collect();
    Some(path.to_str()?.to_owned())
}

/// Returns whether a text has a shell variable, such as `$HOME` or `${HOME}`.
fn has_variable(text: &str) -> bool {
    let after = text.split('$').skip(1);
    after
        .into_iter()
        .any(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '{' | '_')))
}

/// Returns the likely mistake in the name.
fn name_warning(name: &str) -> Option<Warning> {
    let bare = name.trim_matches(['"', '\'']);
    if bare != name {
        let bare = Some(bare.to_owned()).filter(|bare| !bare.is_empty());
        return Some(warning(WarningKind::NameQuoted, name, bare));
    }
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(warning(WarningKind::NameDigits, name, None));
    }
    let lower = name.to_ascii_lowercase();
    let ending = [".tar.zst", ".tar.gz", ".tar.xz", ".tar", ".tzst", ".tgz", ".zst"];
    let ending = ending.into_iter().find(|ending| lower.ends_with(ending) && lower.len() > ending.len())?;
    let stem = name[..name.len() - ending.len()].to_owned();
    Some(warning(WarningKind::NameEnding, name, Some(stem)))
}

/// Returns the likely mistake in a pattern. Most of these patterns can't match anything.
fn pattern_warning(pattern: &str, source: &Path, context: &WarningContext<'_>) -> Option<Warning> {
    let (negation, bare) = pattern.strip_prefix('!').map_or(("", pattern), |bare| ("!", bare));
    let found = |kind, suggestion: Option<String>| {
        let suggestion = suggestion.map(|suggestion| format!("exclude={negation}{suggestion}"));
        Some(warning(kind, &format!("exclude={pattern}"), suggestion))
    };
    if let Some((before, _)) = bare.split_once(" #") {
        return found(WarningKind::OptionComment, Some(before.trim_end().to_owned()));
    }
    if bare.starts_with('#') {
        return found(WarningKind::PatternComment, Some(format!("\\{bare}")));
    }
    let quoted = ['"', '\''].into_iter().find_map(|mark| bare.strip_prefix(mark)?.strip_suffix(mark));
    if let Some(inner) = quoted.filter(|inner| !inner.is_empty()) {
        return found(WarningKind::PatternQuoted, Some(inner.to_owned()));
    }
    if bare.starts_with("~/") || (bare.starts_with('$') && has_variable(bare)) {
        return found(WarningKind::PatternUnexpanded, None);
    }
    if let Some(patterns) = listed(bare).filter(|_| (context.is_there)(&source.join(bare)) != Some(true)) {
        return found(WarningKind::PatternList, Some(patterns.join(&format!(";exclude={negation}"))));
    }
    let components: Vec<&str> = bare.trim_matches('/').split('/').collect();
    if components.contains(&"..") {
        return found(WarningKind::PatternOutside, None);
    }
    if components.iter().any(|component| matches!(*component, "." | "")) {
        return found(WarningKind::PatternDot, without_dots(bare, &components));
    }
    let (kind, suggestion) = outside_path(bare, source, context)?;
    found(kind, suggestion)
}

/// Returns the patterns of what looks like a list. A name such as `Miller, Ann` isn't one.
fn listed(pattern: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = pattern.split(',').collect();
    let is_plain = |part: &&str| !part.contains(['*', '?', '/']);
    let has_blanks = parts.iter().any(|part| part.starts_with(' '));
    let is_list = parts.len() > 1
        && !pattern.contains(['[', '{'])
        && parts.iter().all(|part| !part.trim().is_empty())
        && !(has_blanks && parts.iter().any(is_plain));
    is_list.then(|| parts.iter().map(|part| part.trim()).collect())
}

/// Returns the pattern without `.` and empty components. `./x` becomes `/x`.
fn without_dots(pattern: &str, components: &[&str]) -> Option<String> {
    let kept: Vec<&str> =
        components.iter().copied().filter(|component| !matches!(*component, "." | "")).collect();
    let end = if pattern.ends_with('/') { "/" } else { "" };
    (!kept.is_empty()).then(|| format!("/{}{end}", kept.join("/")))
}

/// Returns the mistake of a pattern that is a path from outside of the folder.
fn outside_path(
    pattern: &str,
    source: &Path,
    context: &WarningContext<'_>,
) -> Option<(WarningKind, Option<String>)> {
    let end = if pattern.ends_with('/') { "/" } else { "" };
    if let Ok(below) = Path::new(pattern).strip_prefix(source) {
        let below = below.to_str().filter(|below| !below.is_empty());
        return Some((WarningKind::PatternOfSource, below.map(|below| format!("/{below}{end}"))));
    }
    let path = Path::new(pattern.trim_start_matches('/'));
    let first = path.iter().next()?;
    let is_glob = |text: &str| text.contains(['*', '?', '[', '\\']);
    if is_glob(first.to_str()?) || (context.is_there)(&source.join(first)) != Some(false) {
        return None;
    }
    let rest = path.strip_prefix(first).ok().filter(|rest| !rest.as_os_str().is_empty())?;
    if source.file_name() == Some(first) {
        return Some((WarningKind::PatternOwnName, rest.to_str().map(|rest| format!("/{rest}{end}"))));
    }
    let is_elsewhere =
        pattern.starts_with('/') && (context.is_there)(&Path::new("/").join(first)) == Some(true);
    is_elsewhere.then_some((WarningKind::PatternOutside, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: [&str; 6] =
        ["/srv/docs", "/srv/docs/cache", "/srv/docs/home", "/var", "/home", "/srv/ #odd"];

    fn found(text: &str) -> Vec<String> {
        let is_there = |path: &Path| Some(THERE.iter().any(|there| Path::new(there) == path));
        let context = WarningContext {
            home: Path::new("/srv"),
            user_home: Some(Path::new("/home/ann")),
            is_there: &is_there,
        };
        let shown = |warning: Warning| {
            let suggestion = warning.suggestion.map(|instead| format!(" -> {instead}")).unwrap_or_default();
            format!("{:?} {}{suggestion}", warning.kind, warning.value)
        };
        warnings(&text.parse().unwrap(), &context).into_iter().map(shown).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(found(text), expected, "{text}");
    }

    #[test]
    fn correct_schedules_have_no_warnings() {
        for text in [
            "docs;16:07;docs",
            "/srv/docs;16:07;my.docs;exclude=*.tmp;exclude=/cache/;exclude=!a;exclude=*~;exclude=a#b",
            "docs;16:07;docs;exclude=/home/ann/x;exclude=node_modules/;exclude=**/x;exclude=\\#a",
            "docs;16:07;docs;exclude=/new;exclude=a/b;exclude=US$ 5;keep=last:3",
            "docs;16:07;tar",
            "docs;16:07;7a",
            "docs;16:07;docs;exclude=Miller, Ann;exclude=a,;exclude=[a,b]*",
            " #odd;16:07;odd",
        ] {
            if !text.starts_with(" #") {
                check(text, &[]);
            }
        }
    }

    #[test]
    fn no_shell_expands_the_folder() {
        check("~/docs;16:07;a", &["FolderTilde ~/docs -> /home/ann/docs"]);
        check("~;16:07;a", &["FolderTilde ~ -> /home/ann"]);
        check("~bob/docs;16:07;a", &["FolderTilde ~bob/docs"]);
        check("$HOME/docs;16:07;a", &["FolderVariable $HOME/docs -> /home/ann/docs"]);
        check("${HOME}/docs;16:07;a", &["FolderVariable ${HOME}/docs -> /home/ann/docs"]);
        check("/data/$USER;16:07;a", &["FolderVariable /data/$USER"]);
        check("\"docs\";16:07;a", &["FolderQuoted \"docs\" -> docs"]);
        check("'docs;16:07;a", &["FolderQuoted 'docs -> docs"]);
        check(" docs ;16:07;a", &["FolderBlank  docs  -> docs"]);
        check("doc;16:07;a", &["FolderMissing /srv/doc"]);
    }

    #[test]
    fn a_name_has_no_ending() {
        check("docs;16:07;docs.tar", &["NameEnding docs.tar -> docs"]);
        check("docs;16:07;docs.TAR.zst", &["NameEnding docs.TAR.zst -> docs"]);
        check("docs;16:07;docs.tgz", &["NameEnding docs.tgz -> docs"]);
    }

    #[test]
    fn a_name_of_digits_may_be_taken_for_an_index() {
        check("docs;16:07;7", &["NameDigits 7"]);
        check("docs;16:07;2026", &["NameDigits 2026"]);
    }

    #[test]
    fn a_name_has_no_quotation_marks() {
        check("docs;16:07;'n'", &["NameQuoted 'n' -> n"]);
        check("'docs;16:07;docs'", &["FolderQuoted 'docs -> docs", "NameQuoted docs' -> docs"]);
        check("docs;16:07;ann's", &[]);
    }

    #[test]
    fn nothing_is_left_out_of_what_a_command_prints() {
        check("docs;16:07;a;exclude=./x", &["PatternDot exclude=./x -> exclude=/x"]);
        check(
            "docs;16:07;a;command=db;exclude=./x;exclude-caches=yes;one-file-system=yes;compress=zstd",
            &[
                "NothingToExclude exclude=./x",
                "NothingToExclude exclude-caches=yes",
                "NothingToExclude one-file-system=yes",
            ],
        );
        check("docs;16:07;a;command=db;exclude-caches=no", &[]);
    }

    #[test]
    fn patterns_that_cannot_match_have_warnings() {
        let cases = [
            ("*.tmp # old", "OptionComment exclude=*.tmp # old -> exclude=*.tmp"),
            ("#old", "PatternComment exclude=#old -> exclude=\\#old"),
            ("'*.tmp'", "PatternQuoted exclude='*.tmp' -> exclude=*.tmp"),
            ("*.tmp,*.bak", "PatternList exclude=*.tmp,*.bak -> exclude=*.tmp;exclude=*.bak"),
            ("!a,b", "PatternList exclude=!a,b -> exclude=!a;exclude=!b"),
            ("*.tmp, cache/", "PatternList exclude=*.tmp, cache/ -> exclude=*.tmp;exclude=cache/"),
            ("~/cache", "PatternUnexpanded exclude=~/cache"),
            ("$HOME/cache", "PatternUnexpanded exclude=$HOME/cache"),
            ("./cache/", "PatternDot exclude=./cache/ -> exclude=/cache/"),
            ("a/./b", "PatternDot exclude=a/./b -> exclude=/a/b"),
            ("a//b", "PatternDot exclude=a//b -> exclude=/a/b"),
            ("/", "PatternDot exclude=/"),
            ("../other", "PatternOutside exclude=../other"),
            ("!a/../b", "PatternOutside exclude=!a/../b"),
            ("/srv/docs/cache/", "PatternOfSource exclude=/srv/docs/cache/ -> exclude=/cache/"),
            ("!/srv/docs/*.odt", "PatternOfSource exclude=!/srv/docs/*.odt -> exclude=!/*.odt"),
            ("/srv/docs", "PatternOfSource exclude=/srv/docs"),
            ("docs/cache", "PatternOwnName exclude=docs/cache -> exclude=/cache"),
            ("/var/cache", "PatternOutside exclude=/var/cache"),
        ];
        for (pattern, expected) in cases {
            check(&format!("docs;16:07;a;exclude={pattern}"), &[expected]);
        }
    }

    #[test]
    fn what_exists_is_right() {
        let is_there = |_: &Path| Some(true);
        let context = WarningContext { home: Path::new("/srv"), user_home: None, is_there: &is_there };
        for text in [
            "~/a;1:00;a",
            "$x;1:00;a",
            "'a';1:00;a",
            " a;1:00;a",
            "a;1:00;a;exclude=a/b;exclude=/var/x",
            "a;1:00;a;exclude=a,b",
        ] {
            assert_eq!(warnings(&text.parse().unwrap(), &context), [], "{text}");
        }
        let unknown = |_: &Path| None;
        let context = WarningContext { is_there: &unknown, ..context };
        assert_eq!(warnings(&"a;1:00;a".parse().unwrap(), &context), []);
    }
}
