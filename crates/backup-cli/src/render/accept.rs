//! What was accepted about a held backup, and what follows.

use backup_core::manager::{Acceptance, AcceptancePlan, GoingArchive, HeldBackup};
use backup_core::model::history::Hold;
use backup_core::text::{grouped, printable, size};
use backup_core::time::wall_clock;

use crate::hold_hint::{hold_ends_by, look_before};

/// Returns what was suspicious, and what is removed next.
pub(crate) fn accepted(accepted: &Acceptance) -> Vec<String> {
    let name = printable(accepted.name.as_bytes());
    let Some(hold) = &accepted.ended else { return vec![not_held(&name)] };
    let since = wall_clock(hold.since);
    let headline = format!("Accepted for {name}, which was held since {since}:");
    let released = match accepted.released.len() {
        0 => "nothing is removed: later backups are compared with the newest one".to_owned(),
        1 => format!("the next good run removes {}", printable(accepted.released[0].as_bytes())),
        count => format!("the next good run removes {} older backups", grouped(count as u64)),
    };
    [headline]
        .into_iter()
        .chain(reasons(hold).map(|reason| format!("  {reason}")))
        .chain([released])
        .collect()
}

/// Returns what is suspicious, what would be removed once that is accepted, and how to look before.
pub(crate) fn acceptance_plan(plan: &AcceptancePlan) -> Vec<String> {
    let name = printable(plan.name.as_bytes());
    let Some(hold) = &plan.hold else { return vec![not_held(&name)] };
    let headline = format!("{name} is held since {}:", wall_clock(hold.since));
    let before = hold.before.iter().flat_map(|before| look_before(&plan.name, before));
    [headline]
        .into_iter()
        .chain(reasons(hold).map(|reason| format!("  {reason}")))
        .chain(going(plan))
        .chain(before)
        .collect()
}

/// Returns what the next good run removes once the hold has ended, with a line for each archive.
fn going(plan: &AcceptancePlan) -> Vec<String> {
    let bytes = size(plan.going.iter().map(|archive| archive.archive_bytes).sum());
    let headline = match plan.going.len() {
        0 => "nothing is removed by the next good run".to_owned(),
        1 => format!("the next good run then removes 1 older backup, {bytes}:"),
        count => format!("the next good run then removes {} older backups, {bytes}:", grouped(count as u64)),
    };
    let listed = plan.going.iter().map(going_line);
    std::iter::once(headline).chain(listed).chain(from_before(plan)).collect()
}

fn going_line(archive: &GoingArchive) -> String {
    let before = if archive.is_from_before { "  from before the change" } else { "" };
    format!("  {}{before}", printable(archive.file_name.as_bytes()))
}

/// Returns what becomes of the backups that may hold what is lost.
fn from_before(plan: &AcceptancePlan) -> Option<String> {
    let staying = match plan.staying_from_before {
        0 => "NO BACKUP from before stays".to_owned(),
        1 => "1 from before stays".to_owned(),
        count => format!("{} from before stay", grouped(count as u64)),
    };
    match plan.going_from_before() {
        0 => None,
        1 => {
            let which = if plan.going.len() == 1 { "it" } else { "1 of them" };
            Some(format!("{which} is from before the change and may be the only good copy; {staying}"))
        }
        count => Some(format!(
            "{} of them are from before the change and may be the only good copies; {staying}",
            grouped(count as u64)
        )),
    }
}

fn not_held(name: &str) -> String {
    format!("{name} is not held: there is nothing to accept")
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
    let before = hold.before.iter().flat_map(|before| look_before(name.as_str(), before));
    let kept = match kept_archives {
        0 => None,
        1 => Some(format!("1 older backup is kept for that, {}", size(*kept_bytes))),
        count => {
            Some(format!("{} older backups are kept for that, {}", grouped(*count as u64), size(*kept_bytes)))
        }
    };
    let told = before.chain(kept).chain([hold_ends_by(name.as_str())]);
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
        docs is not held: there is nothing to accept
        Accepted for docs, which was held since 2026-11-28 16:08:
          91 of 100 entries are gone
          the files hold 1 B, and held 9.0 MB
        nothing is removed: later backups are compared with the newest one
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

    fn plan(archives: Vec<GoingArchive>, staying_from_before: usize) -> AcceptancePlan {
        let (name, hold) = ("my docs".to_owned(), Some(hold()));
        AcceptancePlan { name, hold, going: archives, staying_from_before }
    }

    fn archive(file_name: &str, is_from_before: bool) -> GoingArchive {
        GoingArchive { file_name: file_name.to_owned(), archive_bytes: 5_000, is_from_before }
    }

    #[test]
    fn what_would_be_accepted_is_shown_with_what_goes_and_how_to_look() {
        let nothing = AcceptancePlan { hold: None, ..plan(Vec::new(), 0) };
        assert_eq!(acceptance_plan(&nothing), ["my docs is not held: there is nothing to accept"]);
        let shown = acceptance_plan(&plan(vec![archive("old.tar", true)], 1)).join("\n");
        insta::assert_snapshot!(shown, @"
        my docs is held since 2026-11-28 16:08:
          91 of 100 entries are gone
          the files hold 1 B, and held 9.0 MB
        the next good run then removes 1 older backup, 5.0 kB:
          old.tar  from before the change
        it is from before the change and may be the only good copy; 1 from before stays
        the backup before it is docs.2026-11-27T16-07+0000.tar: `backup_manager diff 'my docs' docs.2026-11-27T16-07+0000.tar` shows what differs
        `backup_manager restore 'my docs' --generation docs.2026-11-27T16-07+0000.tar` gets that one back, into a new folder
        ");
    }

    #[test]
    fn what_goes_is_told_with_whether_it_may_be_the_only_good_copy() {
        let (old, new) = (|| archive("old.tar", true), || archive("new.tar", false));
        let all = [
            plan(Vec::new(), 2),
            plan(vec![new()], 1),
            plan(vec![old(), new()], 2),
            plan(vec![old(), old(), new()], 0),
        ];
        let all = all.map(|plan| going(&plan).join("\n"));
        insta::assert_snapshot!(all.join("\n\n"), @"
        nothing is removed by the next good run

        the next good run then removes 1 older backup, 5.0 kB:
          new.tar

        the next good run then removes 2 older backups, 10.0 kB:
          old.tar  from before the change
          new.tar
        1 of them is from before the change and may be the only good copy; 2 from before stay

        the next good run then removes 3 older backups, 15.0 kB:
          old.tar  from before the change
          old.tar  from before the change
          new.tar
        2 of them are from before the change and may be the only good copies; NO BACKUP from before stays
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
        `backup_manager restore 'my docs' --generation docs.2026-11-27T16-07+0000.tar` gets that one back, into a new folder
        1 older backup is kept for that, 5.0 kB
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold

        since 2026-11-28 16:08 for my docs.tar
        91 of 100 entries are gone
        the files hold 1 B, and held 9.0 MB
        the backup before it is docs.2026-11-27T16-07+0000.tar: `backup_manager diff 'my docs' docs.2026-11-27T16-07+0000.tar` shows what differs
        `backup_manager restore 'my docs' --generation docs.2026-11-27T16-07+0000.tar` gets that one back, into a new folder
        1,200 older backups are kept for that, 7.0 MB
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold

        since 2026-11-28 16:08
        once all is as it should be, `backup_manager accept 'my docs'` ends the hold
        ");
    }
}
