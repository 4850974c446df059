//! `why`: tells why a run did or didn't happen.

use backup_core::manager::ServiceManager;
use backup_core::model::history::{Outcome, name_in};
use backup_core::policy::explain::{Explanation, Reason};
use backup_core::text::shell_word;
use clap::Args;

use crate::command_error::CommandError;
use crate::context::Context;
use crate::hint::START_SERVICE;
use crate::output::{hint, print};
use crate::render::{self, json};

/// Tell why a run did or didn't happen
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager why docs yesterday\n\n\
         Example: backup_manager why docs \"2026-11-21 16:07\"")]
pub(crate) struct WhyArgs {
    /// The index that `list` shows, or the name of the backup
    schedule: String,

    /// 2026-11-21, "2026-11-21 16:07", 16:07 (of today), now, today, yesterday, tomorrow, or RFC 3339
    #[arg(default_value = "today")]
    when: String,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl WhyArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        context.say_how_read(&self.schedule);
        let service = context.service(Vec::new());
        let explanations = ServiceManager::new(context.ports(), &service).why(&self.schedule, &self.when)?;
        let code = print(self.lines(&explanations));
        if explanations.iter().any(|explanation| waits_for_service(&explanation.reason)) {
            hint(START_SERVICE);
        }
        explanations.iter().find_map(made_anew_by).into_iter().for_each(hint);
        Ok(code)
    }

    fn lines(&self, explanations: &[Explanation]) -> Vec<String> {
        if self.json {
            json::array(explanations.iter().map(json::explanation)).collect()
        } else {
            render::explanations(explanations)
        }
    }
}

/// Returns what to do about a run by hand that made no good backup, if nothing has run since.
fn made_anew_by(explanation: &Explanation) -> Option<String> {
    let first = match &explanation.reason {
        Reason::FailedByHand { run, is_last: true } if run.outcome == Outcome::Failed => "fix that, then ",
        Reason::FailedByHand { run, is_last: true } if run.outcome == Outcome::Incomplete => {
            "make it readable, or leave it out with ;exclude=PATTERN, then "
        }
        Reason::FailedByHand { is_last: true, .. } | Reason::UnfinishedByHand { is_last: true, .. } => "",
        _ => return None,
    };
    let name = shell_word(name_in(&explanation.schedule).as_bytes());
    Some(format!("{first}make the backup again: `backup_manager run {name}`"))
}

/// Returns whether starting the service would make the run happen.
fn waits_for_service(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Due { service_runs: false, will_be_skipped: false, .. }
            | Reason::Future { service_runs: false, .. }
    )
}
