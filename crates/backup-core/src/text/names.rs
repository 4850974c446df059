//! What sentences call the things whose names only an adapter or a program knows.

/// The names of the things that errors and events speak of.
///
/// The core's own sentences speak of "the service" and "the history". Who writes a log or a terminal has better names:
/// that of a program, and paths that somebody can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The service.
    pub service: &'static str,
    /// The store of the schedules.
    pub schedules: &'static str,
    /// The store of the history.
    pub history: &'static str,
    /// Where the history is that was there before it was shortened.
    pub old_history: &'static str,
    /// The command that makes the backup of the name behind it now.
    pub run: &'static str,
}

impl Names {
    /// The names where no better ones are known.
    pub const PLAIN: Self = Self {
        service: "the service",
        schedules: "the schedules",
        history: "the history",
        old_history: "kept beside it",
        run: "run",
    };
}
