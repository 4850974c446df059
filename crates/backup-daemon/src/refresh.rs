//! Writes the files that show how the backups are.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use backup_core::manager::{BackupReport, ReportHead, ReportVisitor, ServiceManager};
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::model::job::{RefreshJob, RefreshResult};
use backup_core::ports::{RunningService, ServiceControl, Urgency};
use backup_core::text::printable;
use backup_fs::{Adapters, Home, NAMES, Readers, ServiceProcess, TextFile};
use backup_report::{Metrics, Page};

/// Writes the files that a job asks for. Everything is read once for both of them.
pub(crate) fn refresh(adapters: &Adapters, job: &RefreshJob) -> RefreshResult {
    let home = adapters.home();
    let version = env!("CARGO_PKG_VERSION");
    let shown = printable(home.root().as_os_str().as_encoded_bytes());
    let mut views = Views {
        metrics: job.metrics_file.as_ref().map(|_| Metrics::new(version)),
        page: job.report_file.as_ref().map(|_| Page::new(version, &shown, NAMES)),
    };
    if let Err(error) = read(adapters, job.is_last, &mut views) {
        let failed = |file: &Path| unread(file, &error);
        let (metrics, report) = (job.metrics_file.as_deref(), job.report_file.as_deref());
        return RefreshResult { metrics: metrics.map(failed), report: report.map(failed) };
    }
    let metrics = views.metrics.as_ref().zip(job.metrics_file.as_deref());
    let page = views.page.as_ref().zip(job.report_file.as_deref());
    RefreshResult {
        metrics: metrics.and_then(|(text, file)| write(home, file, text, Readers::Everybody).err()),
        report: page.and_then(|(text, file)| write(home, file, text, Readers::Owner).err()),
    }
}

fn write(home: &Home, file: &Path, text: &dyn Display, readers: Readers) -> Result<(), PortError> {
    TextFile::find(home, file)?.write(text, readers)
}

fn read(adapters: &Adapters, is_last: bool, views: &mut Views) -> Result<(), Error> {
    let service = ServiceProcess::new(adapters.home().clone(), Vec::new());
    let control: &dyn ServiceControl = if is_last { &Leaving } else { &service };
    ServiceManager::new(adapters.ports(), control).visit_report(views).map(drop)
}

fn unread(file: &Path, error: &Error) -> PortError {
    PortError::new(Failure::Other, format!("write {}", file.display()))
        .because(error.named(&NAMES).to_string())
}

/// The views that are wanted.
struct Views {
    metrics: Option<Metrics>,
    page: Option<Page>,
}

impl ReportVisitor for Views {
    fn begin(&mut self, head: &ReportHead<'_>) {
        self.metrics.iter_mut().for_each(|metrics| metrics.begin(head));
        self.page.iter_mut().for_each(|page| page.begin(head));
    }

    fn see(&mut self, backup: &BackupReport<'_>) -> bool {
        let metrics = self.metrics.as_mut().is_some_and(|metrics| metrics.see(backup));
        let page = self.page.as_mut().is_some_and(|page| page.see(backup));
        metrics || page
    }
}

/// A service that is about to stop counts as one that doesn't run: nobody writes the files after it.
struct Leaving;

impl ServiceControl for Leaving {
    fn running(&self) -> Result<Option<RunningService>, PortError> {
        Ok(None)
    }

    fn launch(&self) -> Result<(), PortError> {
        Err(PortError::new(Failure::Refused, "start a service"))
    }

    fn request_stop(&self, _urgency: Urgency) -> Result<(), PortError> {
        Err(PortError::new(Failure::Missing, "stop the service"))
    }

    fn wait_until_gone(&self, _at_most: Duration) -> Result<bool, PortError> {
        Ok(true)
    }
}
