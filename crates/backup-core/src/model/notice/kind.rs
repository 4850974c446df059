//! Notice kind: what a notice tells.

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// A run lacks something. Its archive is kept beside the last complete one.
    Incomplete,
    /// The last good backup is older than its plan allows.
    Overdue,
    /// A run made no archive that can be relied on, or a drill failed.
    Failure,
    /// The problem that was told is over.
    Recovered,
    /// A run made a complete archive.
    Success,
    /// A run begins. Only monitors of runs are told.
    Start,
    /// Somebody tries whether notices arrive.
    Test,
}

impl NoticeKind {
    /// The kinds that a person can choose, as in `on`.
    pub const CHOICES: [Self; 5] =
        [Self::Failure, Self::Incomplete, Self::Overdue, Self::Recovered, Self::Success];

    /// Returns the word for programs. It never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Overdue => "overdue",
            Self::Failure => "failure",
            Self::Recovered => "recovered",
            Self::Success => "success",
            Self::Start => "start",
            Self::Test => "test",
        }
    }

    /// Returns the kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::CHOICES.into_iter().chain([Self::Start, Self::Test]).find(|kind| kind.word() == word)
    }

    /// Returns whether the notice tells of something that is wrong.
    #[must_use]
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Incomplete | Self::Overdue | Self::Failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_word() {
        use NoticeKind::{Failure, Incomplete, Overdue, Recovered, Start, Success, Test};
        for kind in [Incomplete, Overdue, Failure, Recovered, Success, Start, Test] {
            assert_eq!(NoticeKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(NoticeKind::from_word("failures"), None);
    }

    #[test]
    fn worse_problems_are_greater() {
        assert!(NoticeKind::Incomplete < NoticeKind::Overdue && NoticeKind::Overdue < NoticeKind::Failure);
    }
}
