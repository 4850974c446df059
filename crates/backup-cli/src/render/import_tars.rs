//! What is taken over from a folder of tar archives, and what isn't.

use backup_core::manager::{ImportFile, ImportPlan, ImportState};
use backup_core::model::archive::display_path;
use backup_core::policy::import::{DatedBy, NotTaken};
use backup_core::text::printable;
use backup_core::time::wall_clock;

use super::and_more;

/// How many files an import took over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Whether these are only planned.
    pub(crate) is_dry_run: bool,
    pub(crate) taken: u64,
    pub(crate) known: u64,
    pub(crate) not_taken: u64,
}

/// Returns the line of a file.
pub(crate) fn import_file(file: &ImportFile) -> String {
    let by = match file.dated.dated_by {
        DatedBy::Name => "by its name",
        DatedBy::Modified => "by its time of modification",
    };
    let shown = |file_name: &str| printable(display_path(file_name).as_bytes());
    let archive = shown(&file.archive.to_string());
    let what = match &file.state {
        ImportState::New | ImportState::InPlace(_) => format!("would be taken over as {archive}"),
        ImportState::Taken => format!("taken over as {archive}"),
        ImportState::Known(file_name) => format!("there already as {}", shown(file_name)),
        ImportState::NotTaken(reason) => format!("NOT TAKEN: {}", not_imported(reason)),
    };
    format!("{}  {} {by}  {what}", file.dated.shown_name(), wall_clock(file.dated.moment))
}

/// Returns why a file is not taken over.
pub(crate) fn not_imported(reason: &NotTaken) -> String {
    match reason {
        NotTaken::Packing => {
            "its compression can't be read; decompress it first, with bunzip2, unxz or the like".to_owned()
        }
        NotTaken::Ahead => "its moment lies in the future".to_owned(),
        NotTaken::SameMoment(others) => {
            format!("of the same moment as {}; move one of them away", others.join(", "))
        }
        NotTaken::Taken(file_name) => {
            let archive = printable(display_path(file_name).as_bytes());
            format!("{archive} is of the same moment and holds something else")
        }
        NotTaken::Unreadable(reason) => {
            format!("it can't be read to its end as a tar archive: {}", printable(reason.as_bytes()))
        }
        NotTaken::Empty => "there is nothing in it".to_owned(),
        NotTaken::Unrestorable(count, refusal) => {
            let entries = super::entries(*count);
            format!("a restore would leave out {entries}, the first because {refusal}")
        }
        _ => "it can't be taken over".to_owned(),
    }
}

/// Returns the last line of an import.
pub(crate) fn imported(imported: &Imported) -> String {
    let Imported { is_dry_run, taken, known, not_taken } = imported;
    let would = if *is_dry_run { "would be " } else { "" };
    let files = if *taken == 1 { "1 archive" } else { &format!("{taken} archives") };
    let known = (*known > 0).then(|| format!(", {known} there already"));
    let not_taken = (*not_taken > 0).then(|| format!(", {not_taken} not taken"));
    format!("{files} {would}taken over{}{}", known.unwrap_or_default(), not_taken.unwrap_or_default())
}

/// Returns the line that says what would be removed again.
pub(crate) fn import_goes(plan: &ImportPlan) -> String {
    let shown: Vec<_> =
        plan.goes.iter().take(MOST_SHOWN).map(|archive| printable(archive.as_bytes())).collect();
    let count = plan.goes.len() as u64;
    let more = and_more(count, MOST_SHOWN).map(|more| format!(" {more}")).unwrap_or_default();
    let archives = if count == 1 { "1 archive" } else { &format!("{count} archives") };
    format!(
        "after this import, the next run would remove {archives}, because keep= of {} has no place for so many: {}{more}",
        printable(plan.name.as_str().as_bytes()),
        shown.join(", ")
    )
}

const MOST_SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use backup_core::model::restore::Refusal;

    use super::*;

    #[test]
    fn each_reason_says_what_to_do() {
        let reasons = [
            NotTaken::Packing,
            NotTaken::Ahead,
            NotTaken::SameMoment(vec!["a.tar".to_owned(), "b.tar".to_owned()]),
            NotTaken::Taken("docs.2026-11-01T00-00+0100.tar".to_owned()),
            NotTaken::Unreadable("it is\ncut".to_owned()),
            NotTaken::Empty,
            NotTaken::Unrestorable(1, Refusal::Absolute),
            NotTaken::Unrestorable(2, Refusal::Elsewhere),
        ];
        let lines: Vec<_> = reasons.iter().map(not_imported).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        its compression can't be read; decompress it first, with bunzip2, unxz or the like
        its moment lies in the future
        of the same moment as a.tar, b.tar; move one of them away
        backups/docs.2026-11-01T00-00+0100.tar is of the same moment and holds something else
        it can't be read to its end as a tar archive: it is\ncut
        there is nothing in it
        a restore would leave out 1 entry, the first because its path is absolute
        a restore would leave out 2 entries, the first because it doesn't lie below the source
        ");
    }

    #[test]
    fn the_last_line_counts() {
        let counted =
            |is_dry_run, taken, known, not_taken| imported(&Imported { is_dry_run, taken, known, not_taken });
        assert_eq!(counted(false, 1, 0, 0), "1 archive taken over");
        assert_eq!(counted(true, 2, 3, 1), "2 archives would be taken over, 3 there already, 1 not taken");
    }
}
