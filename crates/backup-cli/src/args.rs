//! Arguments that several commands share. Those of one command are in its file, in `commands`.

mod archive;
mod identity;
mod passphrase;
mod schedule_options;

pub(crate) use archive::{ArchiveArgs, archive_name};
pub(crate) use identity::IdentityArgs;
pub(crate) use schedule_options::{
    ScheduleOptionArgs, anomaly, drill, encrypt, hooks, ionice, jitter, keep, max_rate, nice, tz,
};
