//! The newest events of the history.

use backup_core::manager::ReportedEvent;
use backup_core::model::archive::ArchiveName;
use backup_core::model::history::{HistoryNote, Outcome, RunRecord, name_in};
use backup_core::text::size;
use backup_core::time::{rfc3339, wall_clock};

use super::escape::{bdi, text};
use super::tone::{Tone, icon};
use crate::words::took;

/// What happened, in a few words.
struct Told {
    tone: Tone,
    word: String,
    name: String,
    detail: String,
}

/// Returns the list of events.
pub(super) fn events(events: &[ReportedEvent]) -> String {
    if events.is_empty() {
        return String::new();
    }
    let items: String = events.iter().map(item).collect();
    format!(
        "<section aria-labelledby=\"events\">\n<h2 id=\"events\">What happened last</h2>\n<ol class=\"events panel\">\n{items}\
         </ol>\n</section>\n"
    )
}

fn item(event: &ReportedEvent) -> String {
    let Told { tone, word, name, detail } = told(&event.note);
    format!(
        "<li><time datetime=\"{}\">{}</time> <span class=\"word {}\">{}{word}</span> <strong>{}</strong> <span \
         class=\"detail\">{}</span></li>\n",
        rfc3339(event.at),
        wall_clock(event.at),
        tone.class(),
        icon(tone),
        bdi(&name),
        text(&detail)
    )
}

fn told(note: &HistoryNote) -> Told {
    let told = |tone, word: &str, name: &str, detail| Told {
        tone,
        word: word.to_owned(),
        name: name.to_owned(),
        detail,
    };
    match note {
        HistoryNote::Ended(run) => run_told(run),
        HistoryNote::Found(run) => {
            let archive = run.archive.clone().unwrap_or_default();
            told(
                Tone::Calm,
                "found",
                name_in(&run.key.entry),
                format!("only its archive tells of it: {archive}"),
            )
        }
        HistoryNote::Pruned { archive, .. } => {
            let name = ArchiveName::parse(archive).map(|archive| archive.backup.to_string());
            told(Tone::Calm, "removed", &name.unwrap_or_default(), archive.clone())
        }
        HistoryNote::Resumed { name, .. } => told(Tone::Calm, "pruning resumed", name, String::new()),
        HistoryNote::Accepted { name, .. } => told(Tone::Calm, "accepted", name, String::new()),
        HistoryNote::Drilled(drill) => {
            let tone = if drill.passed() { Tone::Good } else { Tone::Bad };
            told(tone, "drill", name_in(&drill.key.entry), format!("{}: {drill}", drill.archive))
        }
        HistoryNote::Verified(verification) => {
            let name = name_in(&verification.key.entry);
            match &verification.flaw {
                Some(flaw) => told(Tone::Bad, "verify", name, format!("{}: {flaw}", verification.archive)),
                None => told(Tone::Good, "verify", name, format!("{}: good again", verification.archive)),
            }
        }
        _ => told(Tone::Calm, "", "", String::new()),
    }
}

fn run_told(run: &RunRecord) -> Told {
    let (tone, word) = match run.outcome {
        Outcome::Done => (Tone::Good, run.outcome.word()),
        Outcome::Torn | Outcome::Interrupted => (Tone::Note, run.outcome.word()),
        Outcome::Skipped => (Tone::Calm, run.outcome.word()),
        Outcome::Incomplete => (Tone::Bad, "INCOMPLETE"),
        Outcome::Failed => (Tone::Bad, "FAILED"),
    };
    let mut parts = Vec::new();
    if let Some(archive) = &run.archive {
        parts.push(format!("{} in {archive}, took {}", size(run.archive_bytes), took(run.ended - run.began)));
    }
    parts.extend(run.anomalies.iter().map(|anomaly| format!("suspicious: {anomaly}")));
    parts.extend(run.all_problems().next().map(str::to_owned));
    let name = name_in(&run.key.entry).to_owned();
    Told { tone, word: word.to_owned(), name, detail: parts.join("; ") }
}
