//! Obstacle: what keeps a command from being started.

/// What keeps a command from being started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandObstacle {
    /// There is no folder at the path of its working folder.
    NoDir,
    /// There is no such program.
    NoProgram,
    /// There is such a file, but this user may not execute it.
    NotExecutable,
}
