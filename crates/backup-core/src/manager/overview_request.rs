//! Overview request: what a status overview is asked for.

use crate::manager::backup_status::Detail;

/// What a status overview is asked for.
#[derive(Debug, Clone, Default)]
pub struct OverviewRequest {
    /// The index or the name of the schedules to show. Without it, all are shown.
    pub key: Option<String>,
    /// Of which lines the state is wanted.
    pub detail: Detail,
}
