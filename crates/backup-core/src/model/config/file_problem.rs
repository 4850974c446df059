//! File problem: what is the matter with a file that a configuration names.

/// What is the matter with a file that a configuration names, such as one with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileProblem {
    /// There is none, or it isn't a file.
    Missing,
    /// This user can't read it.
    Unreadable,
    /// There is nothing in it.
    Empty,
    /// Every user can read it.
    OpenToAll,
}
