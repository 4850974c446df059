//! Names: what messages call the service, the schedules and the history.

/// The names that the messages of errors and events use.
///
/// The core doesn't know the programs, so by default it writes "the service" and "the history"
/// ([`PLAIN`](Self::PLAIN)). A program passes better ones: the name of its service, and paths that a user can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The service.
    pub service: &'static str,
    /// The place where schedules are stored.
    pub schedules: &'static str,
    /// The place where the configuration is stored.
    pub config: &'static str,
    /// The place where the history is stored.
    pub history: &'static str,
    /// The place where the history from before it was shortened is kept.
    pub old_history: &'static str,
    /// The command that makes a backup now. The name of a backup follows it.
    pub run: &'static str,
}

impl Names {
    /// The names that the core uses by itself.
    pub const PLAIN: Self = Self {
        service: "the service",
        schedules: "the schedules",
        config: "the configuration",
        history: "the history",
        old_history: "kept beside it",
        run: "run",
    };
}
