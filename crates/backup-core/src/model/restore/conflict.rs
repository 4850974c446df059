//! Conflict: what a restore does with an entry if something exists at its path.

use crate::model::restore::finding::Refusal;

/// What a restore does with existing files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IfExists {
    /// Refuses to restore if the target exists.
    Refuse,
    /// Keeps existing files as they are, and restores what is missing.
    Keep,
    /// Replaces existing files that differ. Files that aren't in the archive stay.
    Replace,
}

/// What exists at the path of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InPlace {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder,
    /// Something other than a folder, the same as the archived entry.
    Same,
    /// Something other than a folder, different from the archived entry.
    Other,
}

/// What a restore does with one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Creates it.
    Make,
    /// Does nothing, because it exists already.
    Pass,
    /// Does nothing, because what exists is kept.
    Leave,
    /// Creates it and replaces what exists.
    Replace,
    /// Does nothing and reports the reason.
    Refuse(Refusal),
}

/// Returns what a restore does with an entry.
///
/// `is_ours` says that what exists was certainly created by an earlier attempt of the same restore. It may then be replaced.
///
/// Promises: a folder is never replaced by something else.
#[must_use]
pub fn step(is_folder: bool, in_place: InPlace, existing: IfExists, is_ours: bool) -> Step {
    let may_replace = is_ours || existing == IfExists::Replace;
    match (in_place, is_folder) {
        (InPlace::Nothing, _) => Step::Make,
        (InPlace::Folder, true) | (InPlace::Same, false) => Step::Pass,
        (InPlace::Same | InPlace::Other, _) if may_replace => Step::Replace,
        (InPlace::Same | InPlace::Other, true) => Step::Refuse(Refusal::ThroughFile),
        (InPlace::Other, false) if existing == IfExists::Keep => Step::Leave,
        (InPlace::Folder, false) => Step::Refuse(Refusal::FolderInPlace),
        (InPlace::Other, false) => Step::Refuse(Refusal::Taken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced_unless_requested() {
        use IfExists::{Keep, Refuse, Replace};
        use InPlace::{Folder, Nothing, Other, Same};
        let refused = Step::Refuse;
        let cases = [
            (false, Nothing, [Step::Make, Step::Make, Step::Make]),
            (true, Nothing, [Step::Make, Step::Make, Step::Make]),
            (true, Folder, [Step::Pass, Step::Pass, Step::Pass]),
            (false, Folder, [Refusal::FolderInPlace; 3].map(refused)),
            (false, Same, [Step::Pass, Step::Pass, Step::Pass]),
            (false, Other, [refused(Refusal::Taken), Step::Leave, Step::Replace]),
            (true, Other, [refused(Refusal::ThroughFile), refused(Refusal::ThroughFile), Step::Replace]),
        ];
        for (is_folder, in_place, expected) in cases {
            for (existing, expected) in [Refuse, Keep, Replace].into_iter().zip(expected) {
                assert_eq!(step(is_folder, in_place, existing, false), expected, "{in_place:?} {existing:?}");
            }
        }
    }

    #[test]
    fn leftovers_of_an_earlier_attempt_are_replaced() {
        assert_eq!(step(false, InPlace::Other, IfExists::Refuse, true), Step::Replace);
        assert_eq!(step(false, InPlace::Same, IfExists::Refuse, true), Step::Pass);
        assert_eq!(
            step(false, InPlace::Folder, IfExists::Refuse, true),
            Step::Refuse(Refusal::FolderInPlace)
        );
    }
}
