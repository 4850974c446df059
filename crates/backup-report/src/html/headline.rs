//! The top of the page: all is well, or what isn't and what to do.

use backup_core::manager::{BackupState, BackupStatus, Overview};
use backup_core::text::Names;
use backup_core::time::wall_clock;

use super::advice::advice;
use super::escape::{bdi, text};
use super::tone::{Tone, badge, icon};
use crate::words::{age, counted, label};

/// How many backups are listed with what to do about them.
const MOST_LISTED: usize = 12;

/// Returns the header of the page and its verdict.
pub(super) fn headline(overview: &Overview, home: &str, names: &Names) -> String {
    let bad: Vec<_> = overview.backups.iter().filter(|backup| backup.state.is_alarm()).collect();
    let (tone, verdict) = verdict(overview, bad.len());
    let mut page = format!(
        "<header class=\"top\"><p class=\"home\">{}</p><p class=\"when\">{}</p></header>\n",
        bdi(home),
        wall_clock(overview.now)
    );
    page.push_str(&format!(
        "<section class=\"verdict {}\">\n<h1>{}<span>{verdict}</span></h1>\n<p class=\"counts\">{}</p>\n",
        tone.class(),
        icon(tone),
        counts(overview)
    ));
    page.push_str(&troubles(overview, &bad, names));
    page.push_str("</section>\n");
    page
}

fn verdict(overview: &Overview, bad: usize) -> (Tone, String) {
    let all = overview.backups.len();
    let is_clear = overview.unreadable_lines == 0
        && overview.config_problem.is_none()
        && overview.failing_targets().next().is_none();
    match () {
        () if all == 0 => (Tone::Bad, "Nothing is scheduled".to_owned()),
        () if bad == 1 => (Tone::Bad, format!("1 of {} needs you", counted(all, "backup"))),
        () if bad > 0 => (Tone::Bad, format!("{bad} of {} need you", counted(all, "backup"))),
        () if !is_clear => (Tone::Bad, "Something needs you".to_owned()),
        () if overview.service.is_none() => {
            (Tone::Note, "The backups are well, but the service doesn\u{2019}t run".to_owned())
        }
        () => (Tone::Good, "All is well".to_owned()),
    }
}

/// Returns how many backups are in which state, and how old the oldest good one is.
fn counts(overview: &Overview) -> String {
    let groups = overview.backups.chunk_by(|before, after| before.state == after.state);
    let (good, others): (Vec<_>, Vec<_>) = groups.partition(|group| group[0].state == BackupState::Ok);
    let groups = good.iter().chain(&others);
    let mut parts: Vec<_> =
        groups.map(|group| format!("{} {}", group.len(), label(group[0].state))).collect();
    let good = overview.backups.iter().filter_map(|backup| backup.last_good.as_deref());
    let oldest = good.map(|good| good.finished).min();
    parts.extend(oldest.map(|oldest| format!("oldest good backup {} old", age(overview.now - oldest))));
    parts.push(match &overview.service {
        Some(service) => match service.since {
            Some(since) => format!("service runs since {}", wall_clock(since)),
            None => "service runs".to_owned(),
        },
        None => "service doesn\u{2019}t run".to_owned(),
    });
    let parts: Vec<_> = parts.iter().map(|part| format!("<span>{part}</span>")).collect();
    parts.join(" ")
}

/// Returns what is wrong, each with what to do about it.
fn troubles(overview: &Overview, bad: &[&BackupStatus], names: &Names) -> String {
    let mut items = Vec::new();
    if overview.backups.is_empty() {
        let create = "backup_manager create \"docs;16:07;docs\"";
        items.push(format!(
            "<span>Add a schedule, or look at another home: <code>{}</code></span>",
            text(create)
        ));
    }
    if let Some(problem) = &overview.config_problem {
        items.push(format!(
            "<span>The configuration can\u{2019}t be used: {}. <code>backup_manager check</code></span>",
            text(&problem.named(names).to_string())
        ));
    }
    if overview.unreadable_lines > 0 {
        let lines = counted(usize::try_from(overview.unreadable_lines).unwrap_or(usize::MAX), "line");
        items.push(format!(
            "<span>{lines} of the history can\u{2019}t be read, and what that told isn\u{2019}t known. Put a good copy of \
             <code>{}</code> in its place, or remove what is broken.</span>",
            names.history
        ));
    }
    items.extend(overview.failing_targets().map(|state| {
        let name = bdi(&state.target.name);
        format!("<span>{name} can\u{2019}t be notified: <code>backup_manager notify list</code></span>")
    }));
    if overview.service.is_none() {
        items.push(
            "<span>Nothing runs until the service is started: <code>backup_manager start</code></span>"
                .to_owned(),
        );
    }
    let listed = bad.iter().take(MOST_LISTED).filter_map(|backup| {
        let advice = advice(backup)?;
        let name = bdi(&backup.name);
        Some(format!("{}<span><strong>{name}</strong> {advice}</span>", badge(backup.state)))
    });
    items.extend(listed);
    if bad.len() > MOST_LISTED {
        items.push(format!("and {} more, see their cards below", bad.len() - MOST_LISTED));
    }
    if items.is_empty() {
        return String::new();
    }
    let items: Vec<_> = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    format!("<ul class=\"troubles\">\n{}</ul>\n", items.concat())
}
