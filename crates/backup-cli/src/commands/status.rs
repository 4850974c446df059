//! `status`: shows whether the service runs, and how each backup is.

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::{Duration, Instant};

use backup_core::manager::{
    BackupState, BackupStatus, Detail, Overview, OverviewRequest, OverviewVisitor, ScheduleStatus,
    ServiceManager,
};
use backup_core::model::error::Error;
use backup_core::model::event::Event;
use backup_core::model::history::Outcome;
use backup_core::ports::Progress;
use backup_core::text::printable;
use backup_core::time::Moment;
use backup_report::NagiosCheck;
use clap::{Args, ValueEnum};

use crate::colours::Colours;
use crate::command_error::CommandError;
use crate::commands::check::folder_warnings;
use crate::context::Context;
use crate::interrupt::interruptible;
use crate::output::{PrintLine, hint, pour, print, print_by, sentence, warn};
use crate::{exit, render};

/// Show whether the service runs, and how each backup is; exit code 1 when it doesn't run
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager status\n\n\
         Example: backup_manager status docs
         All that is known of one backup.\n\n\
         Example: backup_manager status --check >/dev/null || echo \"look at the backups\"
         For monitors and cron: looks at the backups, not at the service.\n\n\
         Example: backup_manager status --check --format nagios
         For Nagios and Icinga.")]
pub(crate) struct StatusArgs {
    /// The index that `list` shows, or the name of the backup: shows its details [default: all, a line each]
    schedule: Option<String>,

    /// Begin with a line that says whether all is right, and exit with 1 when a backup is OVERDUE (its last good one or
    /// last drill is older than planned), FAILED, INCOMPLETE, UNKNOWN or never runs, or the history can't be read, the
    /// configuration is wrong or somebody hasn't been notified for an hour, else with 0, whether or not the service runs
    #[arg(long)]
    check: bool,

    /// How to write the result of a check: nagios is one line with performance data, and exit code 0, 1, 2 or 3 for OK,
    /// WARNING, CRITICAL or UNKNOWN
    #[arg(long, value_enum, requires = "check", conflicts_with = "json")]
    format: Option<Format>,

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

/// How the result of a check is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    // A comment for the docs would make the help two texts.
    Nagios,
}

impl StatusArgs {
    /// Returns whether a monitor reads the result, so that an error has to be told in its way.
    pub(crate) fn is_for_nagios(&self) -> bool {
        self.format == Some(Format::Nagios)
    }

    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        if self.watch {
            return self.watch(context);
        }
        if self.is_for_nagios() {
            return self.nagios(context);
        }
        let (overview, code) = if self.json {
            self.print_json(context)?
        } else {
            let overview = self.overview(context)?;
            let code = self.show(&overview, context);
            (overview, code)
        };
        self.remark(&overview, context);
        Ok(if self.is_good(&overview) { code } else { exit::FAILED })
    }

    fn overview(&self, context: Context<'_>) -> Result<Overview, Error> {
        let detail = match () {
            () if self.schedule.is_some() => Detail::All,
            () if self.check => Detail::Alarms,
            () => Detail::None,
        };
        let service = context.service(Vec::new());
        let request = OverviewRequest { key: self.schedule.clone(), detail };
        ServiceManager::new(context.ports(), &service).overview(&request)
    }

    /// Prints one line for a monitor.
    fn nagios(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let service = context.service(Vec::new());
        let request = OverviewRequest { key: self.schedule.clone(), detail: Detail::None };
        let overview = ServiceManager::new(context.ports(), &service).overview(&request)?;
        let check = NagiosCheck::of(&overview);
        let is_printed = print([&check]) == exit::DONE;
        Ok(if is_printed { check.severity.exit_code() } else { exit::NAGIOS_UNKNOWN })
    }

    /// Prints the backups one by one: very many of them would take much memory.
    fn print_json(&self, context: Context<'_>) -> Result<(Overview, u8), Error> {
        let service = context.service(Vec::new());
        let (overview, code) = print_by(|print| {
            let mut visitor = JsonStatus { print, home: home(context), now: None, pending: None };
            let manager = ServiceManager::new(context.ports(), &service);
            let overview = manager.visit_overview(self.schedule.as_deref(), &mut visitor)?;
            visitor.end();
            Ok(overview)
        });
        overview.map(|overview| (overview, code))
    }

    fn show(&self, overview: &Overview, context: Context<'_>) -> u8 {
        match () {
            () if self.check => print(check(overview, &home(context))),
            () => print(self.view(overview, context)),
        }
    }

    /// Returns all backups, a line each, or the details of those that were asked for.
    fn view<'a>(
        &self,
        overview: &'a Overview,
        context: Context<'a>,
    ) -> Box<dyn Iterator<Item = String> + 'a> {
        match self.schedule {
            Some(_) => {
                let service = render::service(overview.service.as_ref());
                let more = move |line: &ScheduleStatus| folder_lines(line, context);
                Box::new(
                    std::iter::once(service)
                        .chain(config_problem(overview))
                        .chain(details(overview, more))
                        .chain(overview.backups.iter().filter_map(render::status_space)),
                )
            }
            None => Box::new(render::status(overview, &home(context), Colours::of_output())),
        }
    }

    /// Says what else one should know.
    fn remark(&self, overview: &Overview, context: Context<'_>) {
        Event::history_gap(overview.unreadable_lines).iter().map(sentence).for_each(warn);
        overview.targets.iter().filter_map(render::notice_trouble).for_each(warn);
        if let (true, Some(key)) = (overview.is_also_a_name, &self.schedule) {
            let key = printable(key.as_bytes());
            warn(format_args!(
                "{key} is taken for an index here; there is also a backup named {key}, at another index"
            ));
        }
        if self.check && overview.backups.is_empty() {
            context.warn_of_missing_schedules();
        }
        let is_table = self.schedule.is_none() && !self.check && !self.json;
        if is_table && overview.backups.first().is_some_and(|worst| worst.state <= BackupState::OlderFlawed) {
            hint("`backup_manager status NAME` says why and what to do");
        }
    }

    /// A check asks for the backups alone; without it, the service counts.
    fn is_good(&self, overview: &Overview) -> bool {
        if self.check { overview.is_all_right() } else { overview.service.is_some() }
    }

    /// Shows it again and again while backups run. A terminal shows it in one place.
    fn watch(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let cancel = interruptible().map_err(Error::from)?;
        let is_terminal = io::stdout().is_terminal();
        loop {
            let overview = self.overview(context)?;
            let shown = pour(|output| draw(output, is_terminal, self.view(&overview, context)));
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

/// Prints an overview as one JSON object.
struct JsonStatus<'a> {
    print: PrintLine<'a>,
    home: String,
    /// The moment of the overview.
    now: Option<Moment>,
    /// The line of the last backup, which gets a comma if another one follows.
    pending: Option<String>,
}

impl OverviewVisitor for JsonStatus<'_> {
    fn begin(&mut self, overview: &Overview) {
        self.now = Some(overview.now);
        (self.print)(&render::status_json_head(overview, &self.home));
    }

    fn see(&mut self, backup: &BackupStatus) -> bool {
        let now = self.now.expect("the overview was seen first");
        match self.pending.replace(render::status_json_backup(backup, now)) {
            Some(before) => (self.print)(&format_args!("{before},")),
            None => true,
        }
    }
}

impl JsonStatus<'_> {
    fn end(&mut self) {
        if let Some(last) = self.pending.take() {
            (self.print)(&last);
        }
        (self.print)(&render::STATUS_JSON_END);
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
        .chain(details(overview, |_| Vec::new()))
}

fn config_problem(overview: &Overview) -> Option<String> {
    overview.config_problem.as_ref().map(|error| render::config_problem(error, overview.service.is_some()))
}

/// Returns the details of each line, and behind them what else there is to say of it.
fn details<'a>(
    overview: &'a Overview,
    more: impl Fn(&ScheduleStatus) -> Vec<String> + 'a,
) -> impl Iterator<Item = String> + 'a {
    let service_runs = overview.service.is_some();
    let all = move |line: &'a ScheduleStatus| {
        let mut lines = render::status_details(line, service_runs, overview.now);
        lines.extend(more(line));
        lines
    };
    overview.backups.iter().flat_map(|backup| &backup.lines).flat_map(all)
}

/// Says that the folder of a schedule isn't there, as `check` does: nothing else would until a run fails.
fn folder_lines(schedule: &ScheduleStatus, context: Context<'_>) -> Vec<String> {
    let has_failed = schedule.last_run.as_ref().is_some_and(|run| run.outcome == Outcome::Failed);
    let is_told = has_failed || schedule.line.refused.is_some();
    let runs = schedule.line.entry.as_deref().filter(|_| !is_told);
    let warnings = runs.map(|entry| folder_warnings(context, entry)).unwrap_or_default();
    warnings.into_iter().map(|warning| format!("   warning    {warning}")).collect()
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

#[cfg(test)]
mod tests {
    use backup_core::manager::NextRun;
    use backup_core::testing::at;

    use super::*;

    /// Prints an overview of backups with these names, and cuts the times and the fields that are the same.
    fn printed(names: &[&str]) -> Vec<String> {
        let backup = |name: &&str| BackupStatus {
            archives: None,
            name: (*name).into(),
            state: BackupState::Ok,
            index: 0,
            next_run: NextRun::Never,
            last_good: None,
            held: None,
            lines: Vec::new(),
        };
        let overview = Overview {
            now: at("2026-11-29 12:41"),
            service: None,
            backups: names.iter().map(backup).collect(),
            schedules: names.len(),
            unreadable_lines: 0,
            config_problem: None,
            targets: Vec::new(),
            is_also_a_name: false,
        };
        let mut lines = Vec::new();
        let mut print = |line: &dyn std::fmt::Display| {
            lines.push(line.to_string());
            true
        };
        let mut visitor = JsonStatus { print: &mut print, home: "/h".to_owned(), now: None, pending: None };
        visitor.begin(&overview);
        assert!(overview.backups.iter().all(|backup| visitor.see(backup)));
        visitor.end();
        lines
    }

    #[test]
    fn a_status_in_json_is_one_object_with_a_line_a_backup() {
        for names in [&[][..], &["a"], &["a", "b", "c\u{1b}"]] {
            let lines = printed(names);
            let object: serde_json::Value = serde_json::from_str(&lines.concat()).expect("it is JSON");
            let backups = object["backups"].as_array().expect("there is a list");
            assert_eq!(backups.iter().map(|backup| &backup["name"]).collect::<Vec<_>>(), names);
            assert_eq!((lines.len(), lines[lines.len() - 1].as_str()), (names.len() + 2, "]}"));
            assert!(lines[0].ends_with(r#""unreadable_history_lines":0,"backups":["#), "{}", lines[0]);
            let ends: Vec<_> = lines[1..=names.len()].iter().map(|line| line.ends_with("},")).collect();
            assert_eq!(ends, (1..=names.len()).map(|at| at < names.len()).collect::<Vec<_>>());
        }
    }
}
