//! `why`: tells why a run did or didn't happen.

use backup_core::error::Error;
use backup_core::manager::ServiceDesk;
use clap::Args;

use crate::context::Context;
use crate::output::print;
use crate::render;

/// Tell why a run did or didn't happen
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager why docs yesterday\n\n\
         Example: backup_manager why docs \"2026-11-21 16:07\"")]
pub(crate) struct WhyArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// 2026-11-21, "2026-11-21 16:07", 16:07 (of today), today, yesterday, or RFC 3339
    when: String,
}

impl WhyArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, Error> {
        let service = context.service(Vec::new());
        let explanations = ServiceDesk::new(context.ports(), &service).why(&self.schedule, &self.when)?;
        Ok(print(render::explanations(&explanations)))
    }
}
