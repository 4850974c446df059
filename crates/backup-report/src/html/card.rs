//! The card of one backup.

use backup_core::manager::{BackupReport, GoodBackup, NextRun, ReportedRun, ScheduleStatus};
use backup_core::model::history::RunRecord;
use backup_core::text::{grouped, size};
use backup_core::time::{Moment, rfc3339, wall_clock};
use chrono::TimeDelta;

use super::advice::advice;
use super::chart::{SPAN, chart};
use super::escape::{bdi, text};
use super::timeline::timeline;
use super::tone::{Tone, badge};
use crate::words::{age, counted, growth, took};

/// How many problems of the last run are shown.
const MOST_PROBLEMS: usize = 3;

/// Returns the card.
pub(super) fn card(backup: &BackupReport<'_>, now: Moment) -> String {
    let status = backup.status;
    let advice = advice(status);
    let advice = advice.map(|advice| format!("<p class=\"advice\">{advice}</p>\n")).unwrap_or_default();
    let drawings = if backup.runs_at_all() { drawings(backup, now) } else { String::new() };
    format!(
        "<article class=\"card {}\">\n<header><h3>{}</h3>{}</header>\n{advice}{}{drawings}{}</article>\n",
        Tone::of(status.state).class(),
        bdi(&status.name),
        badge(status.state),
        facts(backup, now),
        lines(&status.lines)
    )
}

/// Returns the facts with their names.
fn facts(backup: &BackupReport<'_>, now: Moment) -> String {
    if !backup.runs_at_all() {
        return String::new();
    }
    let (status, lines) = (backup.status, &backup.status.lines);
    let good = status.last_good.as_deref();
    let run = lines.iter().find_map(|line| line.last_run.as_ref());
    let mut facts =
        vec![("Last good", last_good(good, now)), ("Next run", next_run(status.next_run, lines, now))];
    facts.extend(run.map(|run| ("Last run", last_run(run, good))));
    facts.push(("Verify", verify(backup, lines)));
    facts.push(("Drill", drill(lines)));
    let fact = |(name, value): &(&str, String)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n");
    format!("<dl>\n{}</dl>\n", facts.iter().map(fact).collect::<String>())
}

/// Returns a fact and what there is to add, which has a line of its own.
fn fact(fact: &str, more: &str) -> String {
    format!("<b>{fact}</b><span class=\"more\">{more}</span>")
}

fn time(moment: Moment) -> String {
    format!("<time datetime=\"{}\">{}</time>", rfc3339(moment), wall_clock(moment))
}

fn last_good(good: Option<&GoodBackup>, now: Moment) -> String {
    let Some(good) = good else { return "<b>none yet</b>".to_owned() };
    let trend = good.growth_percent().map(|percent| format!(" ({})", unbroken(&growth(percent))));
    let size = unbroken(&size(good.archive_bytes));
    let more = format!("{}, {size}{}", time(good.finished), trend.unwrap_or_default());
    fact(&format!("{} ago", age(now - good.finished)), &more)
}

fn next_run(next: NextRun, lines: &[ScheduleStatus], now: Moment) -> String {
    match next {
        NextRun::UnderWay => {
            let since = lines.iter().find_map(|line| line.under_way_since);
            since.map_or_else(
                || "<b>running</b>".to_owned(),
                |since| fact("running", &format!("since {}", time(since))),
            )
        }
        NextRun::Due => "<b>due now</b>".to_owned(),
        NextRun::At(moment) => fact(&format!("in {}", age(moment - now)), &time(moment)),
        NextRun::Never if lines.iter().any(|line| line.is_paused) => "<b>none</b>, it is paused".to_owned(),
        NextRun::Never => "<b>never</b>".to_owned(),
    }
}

fn last_run(run: &RunRecord, good: Option<&GoodBackup>) -> String {
    let is_that = good.is_some_and(|good| good.finished == run.ended);
    let when = if is_that { String::new() } else { format!("{}, ", time(run.ended)) };
    let problems = run.problems.iter().take(MOST_PROBLEMS);
    let problems: String = problems.map(|problem| format!("<br><small>{}</small>", text(problem))).collect();
    let more = run.problems.len().saturating_sub(MOST_PROBLEMS);
    let more = if more > 0 { format!("<br><small>and {more} more</small>") } else { String::new() };
    let took = unbroken(&took(run.ended - run.began));
    fact(run.outcome.word(), &format!("{when}took\u{a0}{took}{problems}{more}"))
}

/// A verify that finds nothing new leaves no trace.
fn verify(backup: &BackupReport<'_>, lines: &[ScheduleStatus]) -> String {
    let verifies = |line: &ScheduleStatus| {
        let own = line.line.entry.as_ref().is_some_and(|entry| entry.options().verifies());
        own || line.inherited.iter().any(|option| option.key() == "verify" && option.value() == "yes")
    };
    match backup.verification {
        Some(news) => match &news.flaw {
            Some(flaw) => fact(&text(flaw.word()), &format!("{}: {}", time(news.at), text(&flaw.reason()))),
            None => fact("good again", &time(news.at)),
        },
        None if lines.iter().any(verifies) => fact("no damage known", "each backup is read back"),
        None => "<b>no damage known</b>".to_owned(),
    }
}

fn drill(lines: &[ScheduleStatus]) -> String {
    let is_late = lines.iter().any(|line| line.drill_overdue_since.is_some());
    let late = if is_late { "; the next one is late" } else { "" };
    let drilled = lines.iter().find_map(|line| Some((line, line.last_drill.as_ref()?)));
    let Some((line, drill)) = drilled else { return format!("<b>none yet</b>{late}") };
    let word = if drill.passed() { "came back whole" } else { "DID NOT COME BACK WHOLE" };
    let gone = if line.is_drilled_archive_gone { "; that backup is gone" } else { "" };
    let compared = format!("{} compared", counted_entries(drill.entries));
    fact(word, &format!("{}, {compared}{gone}{late}", time(drill.ended)))
}

fn counted_entries(entries: u64) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(entries)) }
}

/// Returns a number with its unit that stay together.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// Returns the generations, the sizes and the durations as drawings.
fn drawings(backup: &BackupReport<'_>, now: Moment) -> String {
    let runs = backup.runs_since(now - SPAN);
    let made: Vec<_> = runs.iter().filter(|run| run.outcome.is_good() && run.archive_bytes > 0).collect();
    [
        timeline(&backup.generations(), backup.status.archives.as_deref(), now),
        sizes(&made, now),
        durations(&made, now),
    ]
    .concat()
}

fn sizes(made: &[&ReportedRun], now: Moment) -> String {
    let values: Vec<_> = made.iter().map(|run| (run.ended, run.archive_bytes)).collect();
    figure(&Curve { name: "Size", class: "size", last: "now", values, shown: size }, now)
}

fn durations(made: &[&ReportedRun], now: Moment) -> String {
    let milliseconds = |run: &ReportedRun| u64::try_from((run.ended - run.began).num_milliseconds());
    // A clock that was set back makes a run take less than no time.
    let values = made.iter().map(|run| (run.ended, milliseconds(run).unwrap_or_default())).collect();
    let shown = |value| took(TimeDelta::milliseconds(i64::try_from(value).unwrap_or(i64::MAX)));
    figure(&Curve { name: "Duration", class: "duration", last: "last", values, shown }, now)
}

/// What changes over a year.
struct Curve {
    name: &'static str,
    class: &'static str,
    /// The word for the last value.
    last: &'static str,
    values: Vec<(Moment, u64)>,
    /// Returns a value for people.
    shown: fn(u64) -> String,
}

impl Curve {
    /// Returns in words what the drawing shows.
    fn label(&self) -> Option<String> {
        let shown = |value| unbroken(&(self.shown)(value));
        let (_, last) = *self.values.last()?;
        let values = || self.values.iter().map(|(_, value)| *value);
        let (least, most) = (values().min()?, values().max()?);
        let range = format!(" {}, {} to {} in a year", self.last, shown(least), shown(most));
        let is_one = shown(least) == shown(most);
        Some(format!("{}: {}{}", self.name, shown(last), if is_one { "" } else { &range }))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is wider than what is lost")]
fn figure(curve: &Curve, now: Moment) -> String {
    let values: Vec<_> = curve.values.iter().map(|(at, value)| (*at, *value as f64)).collect();
    let drawn = curve.label().and_then(|label| Some((chart(&values, now, curve.class, &label)?, label)));
    let Some((drawing, caption)) = drawn else { return String::new() };
    format!("<figure>{drawing}<figcaption>{caption}</figcaption></figure>\n")
}

fn lines(lines: &[ScheduleStatus]) -> String {
    let item = |line: &ScheduleStatus| format!("<li><code>{}</code></li>", bdi(&line.line.text));
    format!(
        "<details><summary>{}</summary><ul class=\"plain\">{}</ul></details>\n",
        counted(lines.len(), "schedule"),
        lines.iter().map(item).collect::<String>()
    )
}
