//! What becomes of an entry where something stands already.

use crate::model::restore::finding::Refusal;

/// What becomes of that which stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Existing {
    /// There must be no target yet.
    Refuse,
    /// It stays as it is, and what is missing beside it is made.
    Keep,
    /// What differs is replaced. Nothing that isn't in the archive is removed.
    Replace,
}

/// What stands in the place of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
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
pub fn step(is_folder: bool, standing: Standing, existing: Existing, is_ours: bool) -> Step {
    let may_replace = is_ours || existing == Existing::Replace;
    match (standing, is_folder) {
        (Standing::Nothing, _) => Step::Make,
        (Standing::Folder, true) | (Standing::Same, false) => Step::Pass,
        (Standing::Same | Standing::Other, _) if may_replace => Step::Replace,
        (Standing::Same | Standing::Other, true) => Step::Refuse(Refusal::ThroughFile),
        (Standing::Other, false) if existing == Existing::Keep => Step::Leave,
        (Standing::Folder, false) => Step::Refuse(Refusal::FolderInPlace),
        (Standing::Other, false) => Step::Refuse(Refusal::Taken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_replaced_unless_that_was_said() {
        use Existing::{Keep, Refuse, Replace};
        use Standing::{Folder, Nothing, Other, Same};
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
        assert_eq!(step(false, Standing::Other, Existing::Refuse, true), Step::Replace);
        assert_eq!(step(false, Standing::Same, Existing::Refuse, true), Step::Pass);
        assert_eq!(
            step(false, Standing::Folder, Existing::Refuse, true),
            Step::Refuse(Refusal::FolderInPlace)
        );
    }
}
