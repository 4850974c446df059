//! Ability: what the service needs and can lose for some time.

/// An ability that the service needs and can lose for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// To use its home.
    KeepHome,
    /// To read the schedules.
    ReadSchedules,
    /// To read the time zone.
    ReadZone,
    /// To read the history.
    ReadHistory,
    /// To write to the history.
    WriteHistory,
    /// To shorten the history.
    ShortenHistory,
    /// To write the file of the metrics.
    WriteMetrics,
    /// To write the file of the report.
    WriteReport,
    /// To keep in mind what was told to whom.
    KeepNotices,
}
