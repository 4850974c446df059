//! What becomes of an entry where something stands already.

use crate::model::restore::finding::Refusal;

/// What becomes of that which stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IfExists {
    /// There must be no target yet.
    Refuse,
    /// It stays as it is, and what is missing beside it is made.
    Keep,
    /// What differs is replaced. Nothing that isn't in the archive is removed.
    Replace,
}

/// What stands in the place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InPlace {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder,
    /// Anything else, which is what the entry would be.
    Same,
    /// Anything else, which is not.
    Other,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Make it.
    Make,
    /// Nothing: it is there.
    Pass,
    /// Nothing: what stands there stays.
    Leave,
    /// Make it and put it in the place of what stands there.
    Replace,
    /// Nothing, and say so.
    Refuse(Refusal),
}

/// Decides what is to be done with an entry.
///
/// `is_ours` says that what stands there can only be from an earlier attempt at this same restore. A folder is never
/// removed for the sake of something else.
#[must_use]
pub fn step(is_folder: bool, standing: InPlace, existing: IfExists, is_ours: bool) -> Step {
    let may_replace = is_ours || existing == IfExists::Replace;
    match (standing, is_folder) {
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
    fn nothing_is_replaced_unless_that_was_said() {
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
        for (is_folder, standing, expected) in cases {
            for (existing, expected) in [Refuse, Keep, Replace].into_iter().zip(expected) {
                assert_eq!(step(is_folder, standing, existing, false), expected, "{standing:?} {existing:?}");
            }
        }
    }

    #[test]
    fn what_is_left_of_an_earlier_attempt_is_replaced() {
        assert_eq!(step(false, InPlace::Other, IfExists::Refuse, true), Step::Replace);
        assert_eq!(step(false, InPlace::Same, IfExists::Refuse, true), Step::Pass);
        assert_eq!(
            step(false, InPlace::Folder, IfExists::Refuse, true),
            Step::Refuse(Refusal::FolderInPlace)
        );
    }
}
