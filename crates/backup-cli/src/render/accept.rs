//! What was accepted about a held backup, and what follows.

use backup_core::manager::{Acceptance, HeldBackup};
use backup_core::model::history::Hold;
use backup_core::text::{grouped, printable, shell_word, size};
use backup_core::time::wall_clock;

use crate::hold_hint::hold_ends_by;

/// Returns what was suspicious, and what is removed next.
pub(crate) fn accepted(accepted: &Acceptance) -> Vec<String> {
    let name = printable(accepted.name.as_bytes());
    let Some(hold) = &accepted.ended else { return vec![format!("Nothing of {name} is held")] };
    let since = wall_clock(hold.since);
    let headline = format!("Accepted for {name}, which was held since {since}:");
    let released = match accepted.released.len() {
        0 => "nothing goes with that: later backups are compared with the newest one".to_owned(),
        1 => format!("the next good run removes {}", printable(accepted.released[0].as_bytes())),
        count => format!("the next good run removes {} older backups", grouped(count as u64)),
    };
    [headline]
        .into_iter()
        .chain(reasons(hold).map(|reason| format!("  {reason}")))
        .chain([released])
        .collect()
}

/// Returns what is suspicious, a sentence each.
pub(super) fn reasons(hold: &Hold) -> impl Iterator<Item = String> {
    hold.anomalies.iter().map(ToString::to_string)
}

/// Returns since when a backup is held and why, what that keeps, and what to do.
pub(super) fn held(held: &HeldBackup) -> Vec<String> {
    let HeldBackup { name, hold, archive, kept_archives, kept_bytes } = held;
    let archive = archive.as_deref().map(|archive| format!(" for {}", printable(archive.as_bytes())));
    let headline = format!("since {}{}", wall_clock(hold.since), archive.unwrap_or_default());
    let before = hold.before.as_deref().map(|before| {
        let [name, word] = [name.as_str(), before].map(|word| shell_word(word.as_bytes()));
        format!(
            "the backup before it is {}: `backup_manager diff {name} {word}` shows what differs",
            printable(before.as_bytes())
        )
    });
    let kept = match kept_archives {
        0 => None,
        1 => Some(format!("1 older backup is kept for that, {}", size(*kept_bytes))),
        count => {
            Some(format!("{} older backups are kept for that, {}", grouped(*count as u64), size(*kept_bytes)))
        }
    };
    let told = before.into_iter().chain(kept).chain([hold_ends_by(name.as_str())]);
    [headline].into_iter().chain(reasons(hold)).chain(told).collect()
}

#[cfg(test)]
mod tests {
    use backup_core::model::history::{Anomaly, SourceLevel};
    use backup_core::testing::at;

    use super::*;

    fn hold() -> Hold {
        let began = at("2026-11-28 16:07");
        let anomalies = vec![
            Anomaly::EntriesLost { before: 100, now: 9 },
            Anomaly::BytesLost { before: 9_000_000, now: 1 },
        ];
        let latest = SourceLevel { began, entries: 9, profile: None };
        let before = Some("docs.2026-11-27T16-07+0000.tar".to_owned());
        Hold { began, since: at("2026-11-28 16:08"), anomalies, before, latest }
    }

    #[test]
    fn what_was_accepted_is_shown_with_what_follows() {
        let said = |ended: Option<Hold>, released: &[&str]| {
            let released = released.iter().map(ToString::to_string).collect();
            accepted(&Acceptance { name: "docs".to_owned(), ended, released }).join("\n")
        };
        let all = [
            said(None, &[]),
            said(Some(hold()), &[]),
            said(Some(hold()), &["docs.2026-11-27T16-07+0000.tar"]),
            said(Some(hold()), &["a", "b"]),
        ];
        insta::assert_snapshot!(all.join("\n"), @"
        Nothing of docs is held
        Accepted for docs, which was held since 2026-11-28 16:08:
          91 of 100 entries are gone
          the files hold 1 B, and held 9.0 MB
        nothing goes with that: later backups are compared with the newest one
        Accepted for docs, which was held since 2026-11-28 16:08:
          91 of 100 entries are gone
          the files hold 1 B, and held 9.0 MB
        the next good run removes docs.2026-11-27T16-07+0000.tar
        Accepted for docs, which was held since 2026-11-28 16:08:
          91 of 100 entries are gone
          the files hold 1 B, and held 9.0 MB
        the next good run removes 2 older backups
        ");
    }

    #[test]
    fn a_held_backup_is_shown_with_what_it_keeps_and_the_way_out() {
        let backup = |kept_archives, kept_bytes| HeldBackup {
            name: "my docs".parse().unwrap(),
            hold: hold(),
            archive: Some("my docs.tar".to_owned()),
            kept_archives,
            kept_bytes,
        };
        let bare = Hold { before: None, anomalies: Vec::new(), ..hold() };
        let bare = HeldBackup { archive: None, hold: bare, ..backup(0, 0) };
        let all = [backup(1, 5_000), backup(1_200, 7_000_000), bare].map(|one| held(&one).join("\n"));
        insta::assert_snapshot!(all.join("\n\n"), @"
        since 2026-11-28 16:08 for my docs.tar
        91 of 100 entries are gone
        the files hold 1 B, and held 9.0 MB
        the backup before it is docs.2026-11-27T16-07+0000.tar: `backup_manager diff 'my docs' docs.2026-11-27T16-07+0000.tar` shows what differs
        1 older backup is kept for that, 5.0 kB
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold

        since 2026-11-28 16:08 for my docs.tar
        91 of 100 entries are gone
        the files hold 1 B, and held 9.0 MB
        the backup before it is docs.2026-11-27T16-07+0000.tar: `backup_manager diff 'my docs' docs.2026-11-27T16-07+0000.tar` shows what differs
        1,200 older backups are kept for that, 7.0 MB
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold

        since 2026-11-28 16:08
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold
        ");
    }
}
