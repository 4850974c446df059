//! Arguments that several commands share. Those of one command are in its file, in `commands`.

mod archive;
mod schedule_options;

pub(crate) use archive::{ArchiveArgs, archive_name};
pub(crate) use schedule_options::{
    ScheduleOptionArgs, anomaly, drill, hooks, ionice, jitter, keep, max_rate, nice, tz,
};
