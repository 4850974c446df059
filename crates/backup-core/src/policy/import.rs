//! Import: which files of a folder become archives of a backup, and of which moment each of them is.

mod dated_name;

use std::collections::{BTreeMap, HashMap};

use chrono::{TimeDelta, Timelike};

use self::dated_name::{DatedName, around_no_date};
use crate::model::archive::Packing;
use crate::model::restore::Refusal;
use crate::ports::ForeignFile;
use crate::text::printable;
use crate::time::{Clock, Moment, moment};

/// An archive of another tool, and the moment that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedFile {
    /// The file.
    pub file: ForeignFile,
    /// How it is compressed, or `None` if that can't be read.
    pub packing: Option<Packing>,
    /// Its moment, to the second.
    pub moment: Moment,
    /// What tells the moment.
    pub dated_by: DatedBy,
}

/// What tells the moment of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatedBy {
    /// The date in its file name. Without a time, it is the start of that day.
    Name,
    /// When the file was last modified.
    Modified,
}

/// Why an archive of another tool is not taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotTaken {
    /// Its compression can't be read.
    Packing,
    /// Its moment is in the future.
    Ahead,
    /// These other files are of the same moment.
    SameMoment(Vec<String>),
    /// An archive of this moment exists, with other contents. This is its file name.
    Taken(String),
    /// It can't be read to its end, or is no tar archive. The text is the reason.
    Unreadable(String),
    /// There is nothing in it.
    Empty,
    /// A restore would leave out so many entries. This is why, of the first.
    Unrestorable(u64, Refusal),
}

/// Why nothing of a folder can be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoImport {
    /// No file in it is a tar archive by its name.
    NoArchives,
    /// It seems to hold archives of several backups. These are the names of one file of each.
    SeveralBackups(Vec<String>),
}

impl DatedFile {
    /// Returns the file's name, safe to print.
    #[must_use]
    pub fn shown_name(&self) -> String {
        shown_name(&self.file)
    }
}

fn shown_name(file: &ForeignFile) -> String {
    printable(file.file_name.as_encoded_bytes())
}

/// Returns the tar archives of a folder with their moments, oldest first.
///
/// With `only`, those are meant whose names match it: `*` stands for any text, and `?` for any character. Without it, all are
/// meant. Then the names must not differ in more than their dates and in numbers, because archives of several folders must
/// not become one backup.
///
/// # Errors
/// Why there is nothing to take over.
pub fn dated_files(
    files: Vec<ForeignFile>,
    only: Option<&str>,
    clock: &dyn Clock,
) -> Result<Vec<DatedFile>, NoImport> {
    let (mut dated, mut backups) = (Vec::new(), BTreeMap::new());
    for file in files {
        let name = file.file_name.to_string_lossy().into_owned();
        let Some((stem, packing)) = Packing::split(&name) else { continue };
        if only.is_some_and(|pattern| !matches(pattern, &name)) {
            continue;
        }
        let named = DatedName::find(stem).and_then(|named| Some((named.moment(clock)?, named.around())));
        let (moment, dated_by, around) = match named {
            Some((moment, around)) => (moment, DatedBy::Name, around),
            None => (moment(clock, file.modified), DatedBy::Modified, around_no_date(stem)),
        };
        backups.entry(around).or_insert_with(|| shown_name(&file));
        let moment = moment - TimeDelta::nanoseconds(moment.nanosecond().into());
        dated.push(DatedFile { file, packing, moment, dated_by });
    }
    if dated.is_empty() {
        return Err(NoImport::NoArchives);
    }
    if only.is_none() && backups.len() > 1 {
        return Err(NoImport::SeveralBackups(backups.into_values().collect()));
    }
    dated.sort_by(|one, other| (one.moment, &one.file.file_name).cmp(&(other.moment, &other.file.file_name)));
    Ok(dated)
}

/// Returns, for each of these files, why it can't be taken over beside the others, if it can't.
#[must_use]
pub fn conflicts(files: &[&DatedFile], now: Moment) -> Vec<Option<NotTaken>> {
    let mut of_moment: HashMap<_, Vec<_>> = HashMap::new();
    for file in files.iter().filter(|file| file.packing.is_some()) {
        of_moment.entry(file.moment.to_utc()).or_default().push(file.shown_name());
    }
    let conflict = |file: &&DatedFile| {
        let name = file.shown_name();
        let others = of_moment.get(&file.moment.to_utc()).into_iter().flatten();
        let others: Vec<_> = others.filter(|other| **other != name).cloned().collect();
        match () {
            () if file.packing.is_none() => Some(NotTaken::Packing),
            () if file.moment > now => Some(NotTaken::Ahead),
            () if !others.is_empty() => Some(NotTaken::SameMoment(others)),
            () => None,
        }
    };
    files.iter().map(conflict).collect()
}

/// Returns whether a text matches a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
        }
        Some(wanted) => text
            .chars()
            .next()
            .filter(|next| wanted == '?' || wanted == *next)
            .is_some_and(|next| matches(rest.as_str(), &text[next.len_utf8()..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, at};

    fn file(name: &str) -> ForeignFile {
        let modified = at("2026-05-04T03:02:01.5Z").to_utc();
        ForeignFile { file_name: name.into(), bytes: 1, modified }
    }

    fn dated(names: &[&str], only: Option<&str>) -> Result<Vec<DatedFile>, NoImport> {
        let clock = ManualClock::utc(at("2026-11-21 12:00"));
        dated_files(names.iter().map(|name| file(name)).collect(), only, &clock)
    }

    #[track_caller]
    fn check(names: &[&str], only: Option<&str>, expected: &[&str]) {
        let line = |dated: &DatedFile| {
            let by = if dated.dated_by == DatedBy::Name { "name" } else { "modified" };
            format!("{} {} by {by}", dated.shown_name(), dated.moment.format("%m-%d %H:%M:%S%.f"))
        };
        let dated = dated(names, only).expect("there is something to take over");
        assert_eq!(dated.iter().map(line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_file_is_of_the_date_in_its_name_or_else_of_its_own() {
        let names = ["docs-2026-11-02.tar.gz", "docs-2026-11-01-0300.tar", "docs.tar", "notes.txt"];
        let expected = [
            "docs.tar 05-04 03:02:01 by modified",
            "docs-2026-11-01-0300.tar 11-01 03:00:00 by name",
            "docs-2026-11-02.tar.gz 11-02 00:00:00 by name",
        ];
        check(&names, None, &expected);
    }

    #[test]
    fn archives_of_several_backups_are_not_mixed() {
        let names = ["docs-2026-11-01.tar", "mail-2026-11-01.tar", "docs-2026-11-02-2.tar"];
        let several = vec!["docs-2026-11-01.tar".to_owned(), "mail-2026-11-01.tar".to_owned()];
        assert_eq!(dated(&names, None), Err(NoImport::SeveralBackups(several)));
        check(&names, Some("m*"), &["mail-2026-11-01.tar 11-01 00:00:00 by name"]);
        assert_eq!(dated(&names, Some("*")).map(|all| all.len()), Ok(3));
        let kinds = ["2026-11-01-full.tar", "2026-11-02-part.tar"];
        assert!(matches!(dated(&kinds, None), Err(NoImport::SeveralBackups(_))));
        let other = ["docs-2026-11-01.tar", "photos.tar"];
        assert!(matches!(dated(&other, None), Err(NoImport::SeveralBackups(_))));
        assert_eq!(dated(&["backup1.tar", "backup-2.tar"], None).map(|all| all.len()), Ok(2));
        for (names, only) in [(&["notes.txt"][..], None), (&[], None), (&names, Some("music*"))] {
            assert_eq!(dated(names, only), Err(NoImport::NoArchives), "{names:?} {only:?}");
        }
    }

    #[test]
    fn only_one_file_is_of_a_moment_that_has_passed() {
        let names = [
            "a-2026-11-01.tar",
            "a_2026-11-01.tar.gz",
            "a-2026-11-01.tar.xz",
            "a-2026-11-22.tar",
            "a-2026-11-21.tar",
        ];
        let dated = dated(&names, Some("a*")).expect("there is something to take over");
        let verdicts = conflicts(&dated.iter().collect::<Vec<_>>(), at("2026-11-21 12:00"));
        let other = |name: &str| Some(NotTaken::SameMoment(vec![name.to_owned()]));
        let expected = [
            other("a_2026-11-01.tar.gz"),
            Some(NotTaken::Packing),
            other("a-2026-11-01.tar"),
            None,
            Some(NotTaken::Ahead),
        ];
        assert_eq!(verdicts, expected);
    }

    #[test]
    fn a_pattern_matches_whole_names() {
        for (pattern, text, expected) in [
            ("docs-*", "docs-1.tar", true),
            ("docs-*", "my docs-1.tar", false),
            ("*.tar", "docs.tar", true),
            ("*", "", true),
            ("d?cs*", "d\u{f6}cs", true),
            ("?", "", false),
            ("docs", "docs.tar", false),
            ("", "docs", false),
            ("*o*s*", "docs", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
