//! `metrics`: shows how the backups are, for Prometheus.

use std::path::PathBuf;

use backup_core::manager::ServiceManager;
use backup_fs::{Readers, TextFile};
use backup_report::Metrics;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::pour_text;

/// Show how all backups are, as metrics for Prometheus
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager metrics\n\n\
         Example: backup_manager metrics --textfile /var/lib/prometheus/node-exporter/backup_manager.prom
         For the textfile collector of node_exporter. With metrics_file in backup_manager.toml, the service writes it.")]
pub(crate) struct MetricsArgs {
    /// Write them to this file, which is replaced as a whole
    #[arg(long, value_name = "FILE")]
    textfile: Option<PathBuf>,
}

impl MetricsArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        // Found first, so that a wrong place is told before everything is read.
        let home = context.adapters.home();
        let file = self.textfile.as_deref().map(|file| TextFile::find(home, &typed(file)));
        let file = file.transpose()?;
        let service = context.service(Vec::new());
        let mut metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
        ServiceManager::new(context.ports(), &service).visit_report(&mut metrics)?;
        match file {
            Some(file) => file.write(&metrics, Readers::Everybody)?,
            None => return Ok(pour_text(&metrics)),
        }
        Ok(exit::DONE)
    }
}

/// Returns a path that was typed, which is relative to the folder where it was typed.
pub(super) fn typed(file: &std::path::Path) -> PathBuf {
    // Where that folder is gone, the path as it is fails later with a better reason.
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
