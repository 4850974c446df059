//! The words of a notice, for people.

use backup_core::model::history::Outcome;
use backup_core::model::notice::{Notice, NoticeKind};
use backup_core::text::{shell_word, size};
use backup_core::time::{Moment, wall_clock};

/// Returns what a notice says, in one line.
pub(crate) fn title(notice: &Notice, host: &str) -> String {
    let Notice { name, .. } = notice;
    let still = if notice.is_reminder { "still: " } else { "" };
    match notice.kind {
        NoticeKind::Test => format!("Test of notifications on {host}"),
        // The backup itself is good: its drill or its hook failed, or its source is suspicious.
        NoticeKind::Failure if notice.outcome.is_some_and(Outcome::is_good) => {
            format!("{still}backup {name} on {host} needs somebody")
        }
        kind => format!("{still}backup {name} on {host} {}", said(kind)),
    }
}

fn said(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Failure => "failed",
        NoticeKind::Incomplete => "is incomplete",
        NoticeKind::Overdue => "is overdue",
        NoticeKind::Recovered => "works again",
        NoticeKind::Success => "is done",
        NoticeKind::Start => "begins",
        _ => "has news",
    }
}

/// Returns how to look at the backup from before a suspicious change, and how to get it back.
fn look_before(name: &str, before: &str) -> [String; 3] {
    let [name, word] = [name, before].map(|word| shell_word(word.as_bytes()));
    [
        format!(
            "The backup before that is {before}: `backup_manager diff {name} {word}` shows what differs."
        ),
        format!("`backup_manager restore {name} --generation {word}` gets that one back, into a new folder."),
        format!("Once all is as it should be, `backup_manager accept {name}` ends the hold."),
    ]
}

/// Returns what a notice says in detail, in some lines.
pub(crate) fn details(notice: &Notice) -> String {
    if notice.kind == NoticeKind::Test {
        return "Somebody tries whether notifications arrive. Nothing is wrong.\n".to_owned();
    }
    let mut lines = Vec::new();
    lines.extend(notice.error.as_ref().map(|error| format!("Reason: {error}")));
    lines.push(format!("Source: {}", notice.source));
    let at =
        |label: &str, moment: Option<Moment>| moment.map(|moment| format!("{label}: {}", wall_clock(moment)));
    if notice.kind.is_problem() || notice.kind == NoticeKind::Recovered {
        lines.extend(at("Since", notice.since));
    }
    lines.extend(at("Planned", notice.planned));
    lines.extend(at("Began", notice.began));
    lines.extend(at("Ended", notice.ended));
    let archive = notice.archive.as_ref();
    lines.extend(archive.map(|archive| format!("Archive: {archive} ({})", size(notice.archive_bytes))));
    if notice.kind.is_problem() {
        let last = notice.last_good.map_or_else(|| "none is known".to_owned(), wall_clock);
        lines.push(format!("Last good backup: {last}"));
        lines.push(format!("On that machine, `backup_manager status {}` tells more.", notice.name));
        lines.extend(notice.before.iter().flat_map(|before| look_before(&notice.name, before)));
    }
    lines.join("\n") + "\n"
}
