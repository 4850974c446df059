//! Manager: the use cases that a person asks for.
//!
//! Each one that changes something logs one line, whether it succeeds or fails. Those that only look log nothing, except for
//! the lists of the schedules and of the backups.

mod accept;
mod acceptance_plan;
mod archive_path;
mod archive_query;
mod archive_totals;
mod backup_query;
mod backup_state;
mod backup_status;
mod backups;
mod catalogs;
mod change_schedules;
mod check;
mod context;
mod destinations;
mod diff;
mod drill;
mod edit_schedule;
mod entry_table;
mod finish_run;
mod heal;
mod held_backup;
mod history_view;
mod import;
mod import_plan;
mod lines_by_backup;
mod listed_schedule;
mod notify;
mod overview_request;
mod pause_schedule;
mod plan_import;
mod plan_restore;
mod prune;
mod rebuilt_ledger;
mod report;
mod restore;
mod restore_plan;
mod restore_request;
mod run;
mod schedule_query;
mod schedule_status;
mod schedules;
mod service;
mod status;
mod status_facts;
mod stored_digest;
mod suspicion;
mod typed_path;
mod under_way_elsewhere;
mod upcoming;
mod verify;
mod verify_plan;
mod view;

pub use crate::operation::copy::Copied;
pub use crate::operation::destination_check::DestinationCheck;
pub use accept::Acceptance;
pub use acceptance_plan::{AcceptancePlan, GoingArchive};
pub use archive_query::{ArchiveQuery, FoundArchive};
pub use archive_totals::ArchiveTotals;
pub use backup_state::BackupState;
pub use backup_status::{BackupStatus, Detail, GoodBackup, NextRun};
pub use catalogs::{CatalogPlan, CatalogState, Catalogs};
pub use check::CheckedLine;
pub use destinations::ListedCopy;
pub use diff::{Diff, DiffReport, EntryDifference, NEWEST, VisitDifference};
pub use drill::{Drill, DrillPlan, DrillProof, Undrilled};
pub use edit_schedule::{EditedSchedule, ScheduleEdit};
pub use held_backup::HeldBackup;
pub use history_view::ListedRun;
pub use import::{Import, VisitImport};
pub use import_plan::{ImportFile, ImportPlan, ImportRequest, ImportState};
pub use listed_schedule::ListedSchedule;
pub use notify::TargetState;
pub use overview_request::OverviewRequest;
pub use pause_schedule::PausedSchedule;
pub use prune::{PrunePlan, Pruned};
pub use report::{
    BackupReport, Generation, ReportHead, ReportVisitor, ReportedDay, ReportedEvent, ReportedRun,
};
pub use restore::Restore;
pub use restore_plan::RestorePlan;
pub use restore_request::{RestoreDestination, RestoreRequest};
pub use run::{BadBase, BeginOutput, RunReport, Survey};
pub use schedule_status::{GoodArchive, ScheduleStatus};
pub use schedules::DeletedSchedule;
pub use service::ServiceManager;
pub use status::{Overview, OverviewVisitor, Status};
pub use suspicion::Suspicion;
pub use upcoming::{UpcomingQuery, UpcomingRun};
pub use verify::Verify;
pub use verify_plan::{VerifyPlan, VerifyRequest};
pub use view::{View, Viewed};

use crate::ports::Ports;

/// Manages schedules and backups: create, list, check, delete, run, prune.
#[derive(Clone, Copy)]
pub struct Manager<'a> {
    ports: Ports<'a>,
}

impl<'a> Manager<'a> {
    /// Returns the use cases over these ports.
    #[must_use]
    pub fn new(ports: Ports<'a>) -> Self {
        Self { ports }
    }
}
