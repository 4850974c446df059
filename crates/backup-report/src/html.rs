//! The report: one page of HTML that needs nothing else, and runs nothing.

mod advice;
mod calendar;
mod card;
mod chart;
mod escape;
mod events;
mod headline;
mod policy;
mod timeline;
mod tone;

use std::fmt;

use backup_core::manager::{BackupReport, ReportHead, ReportVisitor};
use backup_core::text::Names;
use backup_core::time::{Moment, rfc3339, wall_clock};

use self::calendar::{calendar, first_day};
use self::card::card;
use self::escape::{bdi, text};
use self::events::events;
use self::headline::headline;
use self::policy::policy;
use crate::words::counted;

/// How many backups have a card. The worst come first.
const MOST_CARDS: usize = 200;
/// How many events are shown.
const MOST_EVENTS: usize = 20;

const STYLE: &str = include_str!("html/style.css");
/// What a browser shows beside the title. It would ask for a file otherwise.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect \
     width='16' height='16' rx='4' fill='%232f6f5e'/%3E%3Cpath d='M4 8.5 7 11l5-6' fill='none' stroke='white' \
     stroke-width='2'/%3E%3C/svg%3E";

/// The page of one home. It [sees](ReportVisitor) the backups, and then displays them as HTML.
///
/// It has no script and asks for no other file. Texts from outside are escaped, and can't change the direction of what is
/// around them. At most 200 backups have a card; the page says how many don't.
#[derive(Debug)]
pub struct Page {
    version: String,
    home: String,
    names: Names,
    /// What comes before the cards.
    begin: String,
    cards: String,
    drawn: usize,
    backups: usize,
    /// What comes behind the cards.
    end: String,
    since: Option<Moment>,
}

impl Page {
    /// Returns the page of a program of this version about the home at this path, before it has seen anything.
    #[must_use]
    pub fn new(version: &str, home: &str, names: Names) -> Self {
        Self {
            version: version.to_owned(),
            home: home.to_owned(),
            names,
            begin: String::new(),
            cards: String::new(),
            drawn: 0,
            backups: 0,
            end: String::new(),
            since: None,
        }
    }
}

impl ReportVisitor for Page {
    fn begin(&mut self, head: &ReportHead<'_>) {
        let overview = head.overview;
        let now = overview.now;
        let today = now.date_naive();
        self.begin = format!(
            "{}{}",
            headline(overview, &self.home, &self.names),
            calendar(&head.days(first_day(today)), today)
        );
        self.end = events(&head.newest_events(MOST_EVENTS));
        self.backups = overview.backups.len();
        self.since = Some(now);
    }

    fn see(&mut self, backup: &BackupReport<'_>) -> bool {
        let Some(now) = self.since else { return false };
        if self.drawn == MOST_CARDS {
            return false;
        }
        self.cards.push_str(&card(backup, now));
        self.drawn += 1;
        true
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(f, "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">", policy(STYLE))?;
        writeln!(f, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
        writeln!(f, "<meta name=\"color-scheme\" content=\"light dark\">")?;
        writeln!(f, "<meta name=\"referrer\" content=\"no-referrer\">")?;
        writeln!(f, "<meta name=\"robots\" content=\"noindex\">")?;
        writeln!(f, "<title>Backups in {}</title>\n<link rel=\"icon\" href=\"{ICON}\">", text(&self.home))?;
        writeln!(f, "<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{}", self.begin)?;
        self.write_cards(f)?;
        write!(f, "{}</main>\n{}</body>\n</html>\n", self.end, self.footer())
    }
}

impl Page {
    fn write_cards(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.backups == 0 {
            return Ok(());
        }
        writeln!(f, "<section aria-labelledby=\"backups\">\n<h2 id=\"backups\">Backups</h2>")?;
        let hidden = self.backups - self.drawn;
        if hidden > 0 {
            writeln!(
                f,
                "<p class=\"note\">The {} in the worst state are drawn here; {} more are counted above and not drawn. \
                 <code>backup_manager status</code> lists all of them.</p>",
                counted(self.drawn, "backup"),
                hidden
            )?;
        }
        writeln!(f, "<div class=\"cards\">\n{}</div>\n</section>", self.cards)
    }

    fn footer(&self) -> String {
        let Some(now) = self.since else { return String::new() };
        format!(
            "<footer><p>Written on <time datetime=\"{}\">{}</time> (UTC{}) by Backup Manager {} for {}. It shows how \
             things were then.</p></footer>\n",
            rfc3339(now),
            wall_clock(now),
            now.offset(),
            text(&self.version),
            bdi(&self.home)
        )
    }
}

#[cfg(test)]
mod tests;
