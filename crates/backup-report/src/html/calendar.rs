//! The calendar of the year: a cell for each day, with how its runs ended.

use backup_core::manager::ReportedDay;
use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::words::counted;

/// The weeks of the calendar: a year and some days.
const WEEKS: i64 = 53;
/// The weeks of its newer half. The two halves are side by side, or one below the other on a phone.
const HALF: i64 = 27;
/// The distance of two cells.
const PITCH: i64 = 12;
const LEFT: i64 = 16;
const TOP: i64 = 14;
/// How many bad days are listed in words.
const MOST_LISTED: usize = 60;

/// How a day looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Empty,
    Good,
    Unmade,
    Incomplete,
    Failed,
}

impl Look {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Good, "good backups only"),
        (Self::Unmade, "interrupted or skipped"),
        (Self::Incomplete, "incomplete"),
        (Self::Failed, "failed"),
        (Self::Empty, "no run"),
    ];

    fn of(day: Option<&ReportedDay>) -> Self {
        match day {
            Some(day) if day.failed > 0 => Self::Failed,
            Some(day) if day.incomplete > 0 => Self::Incomplete,
            Some(day) if day.unmade > 0 => Self::Unmade,
            Some(day) if day.good > 0 => Self::Good,
            _ => Self::Empty,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Empty => "d-none",
            Self::Good => "d-good",
            Self::Unmade => "d-unmade",
            Self::Incomplete => "d-part",
            Self::Failed => "d-bad",
        }
    }

    /// Returns the lines on the cell at this place, which say the same as its colour.
    fn mark(self, x: i64, y: i64) -> String {
        match self {
            Self::Empty | Self::Good => String::new(),
            Self::Unmade => format!("<path class=\"mark\" d=\"M{} {}h4\"/>", x + 3, y + 5),
            Self::Incomplete => format!("<path class=\"mark\" d=\"M{} {}l6 -6\"/>", x + 2, y + 8),
            Self::Failed => format!("<path class=\"mark\" d=\"M{} {}l5 5m0 -5l-5 5\"/>", x + 2, y + 2)
                .replace("l5 5m0 -5l-5 5", "l6 6m0 -6l-6 6"),
        }
    }

    fn cell(self, x: i64, y: i64, title: &str) -> String {
        let (class, mark) = (self.class(), self.mark(x, y));
        format!(
            "<g class=\"{class}\"><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"10\" height=\"10\" \
             rx=\"2\"/>{mark}</g>"
        )
    }
}

/// Returns the first day of the calendar: a Monday a year ago, or up to six days earlier.
pub(super) fn first_day(today: NaiveDate) -> NaiveDate {
    monday(today) - TimeDelta::weeks(WEEKS - 1)
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - TimeDelta::days(day.weekday().num_days_from_monday().into())
}

/// Returns the calendar up to this day. `days` has the days with runs, oldest first.
pub(super) fn calendar(days: &[ReportedDay], today: NaiveDate) -> String {
    let middle = monday(today) - TimeDelta::weeks(HALF - 1);
    let looks = |look: Look| days.iter().filter(|day| Look::of(Some(day)) == look).count();
    let summary = format!(
        "{} with good backups only, {} with an interrupted or skipped run, {} with an incomplete backup, {} with a failed \
         run",
        counted(looks(Look::Good), "day"),
        looks(Look::Unmade),
        looks(Look::Incomplete),
        looks(Look::Failed)
    );
    let half = |from, to, name| half(days, (from, to), &format!("{name}: {summary}"));
    format!(
        "<section aria-labelledby=\"year\">\n<h2 id=\"year\">The year</h2>\n<div class=\"panel\">\n<div \
         class=\"halves\">\n{}{}</div>\n{}{}</div>\n</section>\n",
        half(first_day(today), middle - TimeDelta::days(1), "The older half of the year"),
        half(middle, today, "The newer half of the year"),
        legend(),
        listed(days)
    )
}

fn half(days: &[ReportedDay], (from, to): (NaiveDate, NaiveDate), label: &str) -> String {
    let (width, height) = (LEFT + HALF * PITCH, TOP + 7 * PITCH);
    let mut svg = format!(
        "<svg class=\"year\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n<text x=\"0\" \
         y=\"{}\">M</text><text x=\"0\" y=\"{}\">W</text><text x=\"0\" y=\"{}\">F</text>\n",
        TOP + 8,
        TOP + 2 * PITCH + 8,
        TOP + 4 * PITCH + 8
    );
    let mut last_label = -3;
    for date in from.iter_days().take_while(|date| *date <= to) {
        let week = (date - from).num_days() / 7;
        let (x, y) = (LEFT + week * PITCH, TOP + i64::from(date.weekday().num_days_from_monday()) * PITCH);
        if date.day() == 1 && week - last_label >= 3 && week <= HALF - 2 {
            svg.push_str(&format!("<text x=\"{x}\" y=\"9\">{}</text>\n", date.format("%b")));
            last_label = week;
        }
        let day = days.binary_search_by_key(&date, |day| day.date).ok().map(|at| &days[at]);
        svg.push_str(&Look::of(day).cell(x, y, &title(date, day)));
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

fn title(date: NaiveDate, day: Option<&ReportedDay>) -> String {
    format!("{}: {}", date.format("%a %Y-%m-%d"), day.map_or_else(|| "no run".to_owned(), in_words))
}

fn in_words(day: &ReportedDay) -> String {
    let parts = [
        (day.good, "good"),
        (day.unmade, "interrupted or skipped"),
        (day.incomplete, "incomplete"),
        (day.failed, "failed"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn legend() -> String {
    let item = |(look, word): &(Look, &str)| {
        format!(
            "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\">{}</svg>{word}</li>",
            look.cell(0, 0, word)
        )
    };
    format!("<ul class=\"legend\">{}</ul>\n", Look::ALL.iter().map(item).collect::<String>())
}

/// Returns the days that weren't good in words, the newest first.
fn listed(days: &[ReportedDay]) -> String {
    let bad: Vec<_> = days.iter().rev().filter(|day| Look::of(Some(day)) != Look::Good).collect();
    if bad.is_empty() {
        return String::new();
    }
    let item = |day: &&ReportedDay| format!("<li>{}</li>", title(day.date, Some(day)));
    let more = bad.len().saturating_sub(MOST_LISTED);
    let more = if more > 0 { format!("<li>and {more} more</li>") } else { String::new() };
    format!(
        "<details><summary>{} to know about</summary><ul class=\"plain\">{}{more}</ul></details>\n",
        counted(bad.len(), "day"),
        bad.iter().take(MOST_LISTED).map(item).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_a_cell_for_each_day_up_to_today() {
        let newest: NaiveDate = "2026-11-30".parse().expect("it is a date");
        for back in 0..400 {
            let today = newest - TimeDelta::days(back);
            let drawn = calendar(&[], today).matches("<title>").count() - Look::ALL.len();
            let weekday = today.weekday().num_days_from_monday() as usize;
            assert_eq!(drawn, 364 + weekday + 1, "{today}");
            let first = first_day(today);
            assert!(first.weekday() == chrono::Weekday::Mon && today - first >= TimeDelta::days(364));
        }
    }

    #[test]
    fn the_worst_run_of_a_day_counts_and_has_a_shape_of_its_own() {
        let date: NaiveDate = "2026-11-28".parse().expect("it is a date");
        let day = |good, unmade, incomplete, failed| ReportedDay { date, good, unmade, incomplete, failed };
        let cases = [
            (day(3, 0, 0, 0), Look::Good, "Sat 2026-11-28: 3 good"),
            (day(3, 1, 0, 0), Look::Unmade, "Sat 2026-11-28: 3 good, 1 interrupted or skipped"),
            (day(0, 1, 2, 0), Look::Incomplete, "Sat 2026-11-28: 1 interrupted or skipped, 2 incomplete"),
            (
                day(1, 1, 1, 1),
                Look::Failed,
                "Sat 2026-11-28: 1 good, 1 interrupted or skipped, 1 incomplete, 1 failed",
            ),
        ];
        for (day, look, words) in cases {
            assert_eq!((Look::of(Some(&day)), title(date, Some(&day)).as_str()), (look, words));
        }
        assert_eq!((Look::of(None), title(date, None).as_str()), (Look::Empty, "Sat 2026-11-28: no run"));
        let shapes: std::collections::BTreeSet<_> =
            Look::ALL.iter().map(|(look, _)| look.mark(0, 0)).collect();
        assert_eq!(shapes.len(), Look::ALL.len() - 1, "a good day and one without a run have no mark");
    }
}
