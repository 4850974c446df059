//! `status`: shows whether the service runs, and how each backup is.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use backup_core::manager::{BackupStatus, Detail, Overview, OverviewRequest, ScheduleStatus, ServiceManager};
use backup_core::model::error::Error;
use backup_core::model::event::Event;
use backup_core::ports::Progress;
use backup_core::text::printable;
use clap::Args;

use crate::colours::Colours;
use crate::command_error::CommandError;
use crate::context::Context;
use crate::interrupt::interruptible;
use crate::output::{pour, print, sentence, warn};
use crate::{exit, render};

/// Show whether the service runs, and how each backup is; exit code 1 when it doesn't run
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager status\n\n\
         Example: backup_manager status docs
         All that is known of one backup.\n\n\
         Example: backup_manager status --check >/dev/null || echo \"a backup is overdue\"
         For monitors and cron: asks for the backups alone, whether or not the service runs.")]
pub(crate) struct StatusArgs {
    /// The index that `list` shows, or the name of the backup: shows its details [default: all, a line each]
    schedule: Option<String>,

    /// Begin with a line that says whether all is right, and exit with 1 when a backup is OVERDUE (its last good one, or
    /// its last drill, is older than its plan allows), UNKNOWN or never runs, or the history can't be read, or
    /// the configuration is wrong, else with 0, whether or not the service runs
    #[arg(long)]
    check: bool,

    /// Write JSON
    #[arg(long)]
    json: bool,

    /// Show it again every 2 seconds, as long as backups run
    #[arg(long, conflicts_with_all = ["check", "json"])]
    watch: bool,

    /// How long to wait between two views
    #[arg(long, hide = true, value_name = "MS", default_value_t = 2_000)]
    watch_interval_ms: u64,
}

impl StatusArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        if self.watch {
            return self.watch(context);
        }
        let overview = self.overview(context)?;
        let code = self.show(&overview, &home(context));
        self.remark(&overview, context);
        Ok(if self.is_good(&overview) { code } else { exit::FAILED })
    }

    fn overview(&self, context: Context<'_>) -> Result<Overview, Error> {
        let detail = match () {
            () if self.json || self.schedule.is_some() => Detail::All,
            () if self.check => Detail::Alarms,
            () => Detail::None,
        };
        let service = context.service(Vec::new());
        let request = OverviewRequest { key: self.schedule.clone(), detail };
        ServiceManager::new(context.ports(), &service).overview(&request)
    }

    fn show(&self, overview: &Overview, home: &str) -> u8 {
        match () {
            () if self.json => print(render::status_json(overview, home)),
            () if self.check => print(check(overview, home)),
            () => print(self.view(overview, home)),
        }
    }

    /// Returns all backups, a line each, or the details of those that were asked for.
    fn view<'a>(&self, overview: &'a Overview, home: &str) -> Box<dyn Iterator<Item = String> + 'a> {
        match self.schedule {
            Some(_) => {
                let service = render::service(overview.service.as_ref());
                Box::new(std::iter::once(service).chain(config_problem(overview)).chain(details(overview)))
            }
            None => Box::new(render::status(overview, home, Colours::of_output())),
        }
    }

    /// Says what else one should know.
    fn remark(&self, overview: &Overview, context: Context<'_>) {
        Event::history_gap(overview.unreadable_lines).iter().map(sentence).for_each(warn);
        if let (true, Some(key)) = (overview.is_also_a_name, &self.schedule) {
            let key = printable(key.as_bytes());
            warn(format_args!(
                "{key} is taken for an index here; there is also a backup named {key}, at another index"
            ));
        }
        if self.check && overview.backups.is_empty() {
            context.warn_of_missing_schedules();
        }
    }

    /// A check asks for the backups alone; without it, the service counts.
    fn is_good(&self, overview: &Overview) -> bool {
        if self.check { overview.is_all_right() } else { overview.service.is_some() }
    }

    /// Shows it again and again while backups run. A terminal shows it in one place.
    fn watch(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let (cancel, home) = (interruptible().map_err(Error::from)?, home(context));
        let is_terminal = io::stdout().is_terminal();
        loop {
            let overview = self.overview(context)?;
            let shown = pour(|output| draw(output, is_terminal, self.view(&overview, &home)));
            let Some(Ok(())) = shown else { return Ok(exit::FAILED) };
            if !overview.is_busy() {
                self.remark(&overview, context);
                return Ok(if self.is_good(&overview) { exit::DONE } else { exit::FAILED });
            }
            if !wait(Duration::from_millis(self.watch_interval_ms), &*cancel) {
                return Ok(exit::INTERRUPTED);
            }
        }
    }
}

fn home(context: Context<'_>) -> String {
    printable(context.adapters.home().root().as_os_str().as_encoded_bytes())
}

/// Returns the verdict first, because monitors show the first line, and then what is wrong.
fn check<'a>(overview: &'a Overview, home: &str) -> impl Iterator<Item = String> + use<'a> {
    let service = render::service(overview.service.as_ref());
    let config = config_problem(overview);
    [render::verdict(overview), render::home(home), service]
        .into_iter()
        .chain(config)
        .chain(details(overview))
}

fn config_problem(overview: &Overview) -> Option<String> {
    overview.config_problem.as_ref().map(|error| render::config_problem(error, overview.service.is_some()))
}

fn details(overview: &Overview) -> impl Iterator<Item = String> + use<'_> {
    let lines = |backup: &'_ BackupStatus| -> Vec<String> {
        let details = |line: &ScheduleStatus| render::status_details(line, overview.service.is_some());
        backup.lines.iter().flat_map(details).collect()
    };
    overview.backups.iter().flat_map(lines)
}

/// Writes one view. On a terminal it replaces the one before.
fn draw(
    output: &mut dyn Write,
    is_terminal: bool,
    lines: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    let (begin, end_of_line, end) =
        if is_terminal { ("\u{1b}[H", "\u{1b}[K", "\u{1b}[J") } else { ("", "", "") };
    write!(output, "{begin}")?;
    lines.into_iter().try_for_each(|line| writeln!(output, "{line}{end_of_line}"))?;
    write!(output, "{end}")?;
    output.flush()
}

/// How long Ctrl-C may take to be noticed.
const SLICE: Duration = Duration::from_millis(50);

/// Waits, and returns whether nobody pressed Ctrl-C meanwhile.
fn wait(time: Duration, cancel: &dyn Progress) -> bool {
    let began = Instant::now();
    while began.elapsed() < time && !cancel.is_cancelled() {
        thread::sleep(SLICE.min(time.saturating_sub(began.elapsed())));
    }
    !cancel.is_cancelled()
}
