//! A notice and the notice book as JSON, and back.

use std::fmt;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::model::history::Outcome;
use crate::model::notice::book::{NoticeBook, Pending, Told, Trouble};
use crate::model::notice::kind::NoticeKind;
use crate::model::notice::message::Notice;
use crate::text::printable;
use crate::time::{Moment, rfc3339};

/// Why a text is no notice book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeBookError(String);

impl fmt::Display for NoticeBookError {
    /// One line, safe to print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no list of notifications: {}", printable(self.0.as_bytes()))
    }
}

impl std::error::Error for NoticeBookError {}

impl Notice {
    /// Returns the notice as the fields of a JSON object. `docs/notifications.md` describes them.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(NoticeLine::from(self)).expect("a notice is made of texts and numbers")
    }
}

impl NoticeBook {
    /// Returns the book as JSON, with a line break at its end. Notices that a run begins are left out: they are of no use
    /// later.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string(&Book::from(self)).expect("a book is made of texts and numbers");
        text + "\n"
    }

    /// Returns the book that [`to_json`](Self::to_json) gave this text for. Fields that it doesn't know are passed over.
    ///
    /// # Errors
    /// The text is something else, or a field of it can't be read.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, NoticeBookError> {
        let book: Book =
            serde_json::from_slice(text.as_ref()).map_err(|error| NoticeBookError(error.to_string()))?;
        book.into_book().ok_or_else(|| NoticeBookError("a field of it can't be read".to_owned()))
    }
}

#[derive(Serialize, Deserialize)]
struct Book {
    version: u32,
    looked_until: Option<String>,
    #[serde(default)]
    told: Vec<ToldLine>,
    #[serde(default)]
    outbox: Vec<PendingLine>,
    #[serde(default)]
    troubles: Vec<TroubleLine>,
}

#[derive(Serialize, Deserialize)]
struct ToldLine {
    target: String,
    name: String,
    kind: String,
    since: String,
    at: String,
}

#[derive(Serialize, Deserialize)]
struct PendingLine {
    target: String,
    attempts: u32,
    retry_at: Option<String>,
    notice: NoticeLine,
}

#[derive(Serialize, Deserialize)]
struct TroubleLine {
    target: String,
    since: String,
    reason: String,
    attempts: u32,
    given_up: u32,
}

#[derive(Serialize, Deserialize)]
struct NoticeLine {
    kind: String,
    name: String,
    source: String,
    written: String,
    since: Option<String>,
    reminder: bool,
    run: Option<String>,
    outcome: Option<String>,
    planned: Option<String>,
    began: Option<String>,
    ended: Option<String>,
    error: Option<String>,
    archive: Option<String>,
    bytes: u64,
    last_good: Option<String>,
    before: Option<String>,
}

fn moment(text: &str) -> Option<Moment> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// Returns the moment in a field. A text that is no moment makes the whole unreadable.
fn optional(text: Option<&str>) -> Option<Option<Moment>> {
    text.map_or(Some(None), |text| moment(text).map(Some))
}

impl From<&NoticeBook> for Book {
    fn from(book: &NoticeBook) -> Self {
        let lasting = book.outbox.iter().filter(|pending| pending.notice.kind != NoticeKind::Start);
        Self {
            version: 1,
            looked_until: book.looked_until.map(rfc3339),
            told: book.told.iter().map(|((target, name), told)| ToldLine::of(target, name, told)).collect(),
            outbox: lasting.map(PendingLine::from).collect(),
            troubles: book
                .troubles
                .iter()
                .map(|(target, trouble)| TroubleLine::of(target, trouble))
                .collect(),
        }
    }
}

impl Book {
    fn into_book(self) -> Option<NoticeBook> {
        let told = self.told.into_iter().map(ToldLine::into_told).collect::<Option<_>>()?;
        let outbox = self.outbox.into_iter().map(PendingLine::into_pending).collect::<Option<_>>()?;
        let troubles = self.troubles.into_iter().map(TroubleLine::into_trouble).collect::<Option<_>>()?;
        let looked_until = optional(self.looked_until.as_deref())?;
        Some(NoticeBook { looked_until, told, outbox, troubles })
    }
}

impl ToldLine {
    fn of(target: &str, name: &str, told: &Told) -> Self {
        Self {
            target: target.to_owned(),
            name: name.to_owned(),
            kind: told.kind.word().to_owned(),
            since: rfc3339(told.since),
            at: rfc3339(told.at),
        }
    }

    fn into_told(self) -> Option<((String, String), Told)> {
        let kind = NoticeKind::from_word(&self.kind)?;
        let told = Told { kind, since: moment(&self.since)?, at: moment(&self.at)? };
        Some(((self.target, self.name), told))
    }
}

impl From<&Pending> for PendingLine {
    fn from(pending: &Pending) -> Self {
        Self {
            target: pending.target.clone(),
            attempts: pending.attempts,
            retry_at: pending.retry_at.map(rfc3339),
            notice: NoticeLine::from(&pending.notice),
        }
    }
}

impl PendingLine {
    fn into_pending(self) -> Option<Pending> {
        let retry_at = optional(self.retry_at.as_deref())?;
        let notice = self.notice.into_notice()?;
        Some(Pending { target: self.target, notice, attempts: self.attempts, retry_at })
    }
}

impl TroubleLine {
    fn of(target: &str, trouble: &Trouble) -> Self {
        let Trouble { since, reason, attempts, given_up } = trouble;
        let (since, reason) = (rfc3339(*since), reason.clone());
        Self { target: target.to_owned(), since, reason, attempts: *attempts, given_up: *given_up }
    }

    fn into_trouble(self) -> Option<(String, Trouble)> {
        let since = moment(&self.since)?;
        let Self { target, reason, attempts, given_up, .. } = self;
        Some((target, Trouble { since, reason, attempts, given_up }))
    }
}

impl From<&Notice> for NoticeLine {
    fn from(notice: &Notice) -> Self {
        Self {
            kind: notice.kind.word().to_owned(),
            name: notice.name.clone(),
            source: notice.source.clone(),
            written: rfc3339(notice.written),
            since: notice.since.map(rfc3339),
            reminder: notice.is_reminder,
            run: notice.run_id(),
            outcome: notice.outcome.map(|outcome| outcome.word().to_owned()),
            planned: notice.planned.map(rfc3339),
            began: notice.began.map(rfc3339),
            ended: notice.ended.map(rfc3339),
            error: notice.error.clone(),
            archive: notice.archive.clone(),
            bytes: notice.archive_bytes,
            last_good: notice.last_good.map(rfc3339),
            before: notice.before.clone(),
        }
    }
}

impl NoticeLine {
    fn into_notice(self) -> Option<Notice> {
        let outcome = |word: &str| Outcome::ALL.into_iter().find(|outcome| outcome.word() == word);
        let notice = Notice::new(NoticeKind::from_word(&self.kind)?, self.name, moment(&self.written)?);
        Some(Notice {
            source: self.source,
            since: optional(self.since.as_deref())?,
            is_reminder: self.reminder,
            outcome: self.outcome.as_deref().and_then(outcome),
            planned: optional(self.planned.as_deref())?,
            began: optional(self.began.as_deref())?,
            ended: optional(self.ended.as_deref())?,
            error: self.error,
            archive: self.archive,
            archive_bytes: self.bytes,
            last_good: optional(self.last_good.as_deref())?,
            before: self.before,
            ..notice
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, run_record};

    fn notice(kind: NoticeKind) -> Notice {
        let run = run_record("docs;16:07;docs").planned(at("2026-03-10T16:07:00+01:00"));
        let run = run.outcome(Outcome::Failed).problem("a \"problem\"\nin two lines").build();
        Notice {
            last_good: Some(at("2026-03-09 16:07")),
            before: Some("docs.2026-03-09T16-07+0000.tar".to_owned()),
            ..Notice::new(kind, "docs", at("2026-03-10 16:08")).of_run(&run)
        }
    }

    fn book() -> NoticeBook {
        let mut book = NoticeBook { looked_until: Some(at("2026-03-10 16:07")), ..NoticeBook::default() };
        let told =
            Told { kind: NoticeKind::Failure, since: at("2026-03-10 16:07"), at: at("2026-03-10 16:08") };
        book.told.insert(("office".to_owned(), "docs".to_owned()), told);
        book.post("office", notice(NoticeKind::Failure));
        let reason = "hooks.example.com: 401 Unauthorized".to_owned();
        let trouble = Trouble { since: at("2026-03-10 16:08"), reason, attempts: 3, given_up: 1 };
        book.troubles.insert("office".to_owned(), trouble);
        (book.outbox[0].attempts, book.outbox[0].retry_at) = (3, Some(at("2026-03-10 16:20")));
        book
    }

    #[test]
    fn a_book_comes_back_as_it_was() {
        assert_eq!(NoticeBook::from_json(book().to_json()), Ok(book()));
        assert_eq!(NoticeBook::from_json(NoticeBook::default().to_json()), Ok(NoticeBook::default()));
    }

    #[test]
    fn a_start_is_not_kept() {
        let mut book = NoticeBook::default();
        book.post("monitor", notice(NoticeKind::Start));
        assert_eq!(NoticeBook::from_json(book.to_json()), Ok(NoticeBook::default()));
    }

    #[test]
    fn what_a_newer_version_adds_is_passed_over() {
        let text = book().to_json().replacen("\"version\":1", "\"version\":2,\"more\":[1]", 1);
        assert_eq!(NoticeBook::from_json(text), Ok(book()));
    }

    #[test]
    fn anything_else_is_no_book() {
        for text in
            ["", "{}", "[]", "\0\0\0", &book().to_json()[..40], &book().to_json().replace("16:08", "25:08")]
        {
            let error = NoticeBook::from_json(text).unwrap_err().to_string();
            assert!(error.starts_with("no list of notifications: "), "{text}: {error}");
        }
    }
}
