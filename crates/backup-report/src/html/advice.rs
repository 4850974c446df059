//! What a state means and what to do about it, in a sentence and a command.

use backup_core::manager::{BackupState, BackupStatus};
use backup_core::text::shell_word;

use super::escape::text;

/// Returns what to do about a backup in an alarming state, as HTML.
pub(super) fn advice(backup: &BackupStatus) -> Option<String> {
    let before = backup.held.as_ref().and_then(|held| held.hold.before.as_deref());
    let before = before.filter(|_| backup.state == BackupState::Held);
    let looks = before.map(|before| look_before(&backup.name, before)).unwrap_or_default();
    Some(looks + &of_state(backup.state, &backup.name)?)
}

/// Returns how to look at the backup from before a suspicious change, and how to get it back, as HTML.
fn look_before(name: &str, before: &str) -> String {
    let [name, before] = [name, before].map(|word| shell_word(word.as_bytes()));
    format!(
        "What differs from the backup before: <code>backup_manager {}</code>. To get that one back: \
         <code>backup_manager {}</code>. ",
        text(&format!("diff {name} {before}")),
        text(&format!("restore {name} --generation {before}"))
    )
}

fn of_state(state: BackupState, name: &str) -> Option<String> {
    let (sentence, command) = sentence(state)?;
    let name = shell_word(name.as_bytes());
    let command = if command == "check" { command.to_owned() } else { format!("{command} {name}") };
    Some(format!("{sentence} <code>backup_manager {}</code>", text(&command)))
}

/// Returns the sentence, and the command that helps.
fn sentence(state: BackupState) -> Option<(&'static str, &'static str)> {
    Some(match state {
        BackupState::Missing => {
            ("The newest archive is gone. Bring it back, or make the backup anew:", "run")
        }
        BackupState::Changed => ("The newest archive isn't what was made. Make the backup anew:", "run"),
        BackupState::Damaged => {
            ("The newest archive is broken. Check the disk, and make the backup anew:", "run")
        }
        BackupState::Unreadable => {
            ("The newest archive can't be read to its end. Check the disk, and make the backup anew:", "run")
        }
        BackupState::Held => (
            "The source lost or changed much at once, so that no older backup is removed. Look at it; if all is right:",
            "accept",
        ),
        BackupState::DrillFailed => {
            ("Not everything came back in the last drill. Don't rely on this backup; make it anew:", "run")
        }
        BackupState::Overdue => ("The last good backup is older than planned. This tells why:", "why"),
        BackupState::Unknown => {
            ("There is an archive, but the history knows of no run that made it. Make a backup:", "run")
        }
        BackupState::Malformed => {
            ("This line isn't understood, so that it backs up nothing. This tells why:", "check")
        }
        BackupState::Refused => ("This line doesn't run. This tells why:", "check"),
        BackupState::Conflict => (
            "Lines of this name contradict each other, and the safer choice counts. This tells more:",
            "check",
        ),
        BackupState::DrillOverdue => ("A drill is later than planned. Make it by hand:", "drill"),
        BackupState::Unsure => (
            "The newest archive may not survive a power cut. Check the disk, and make the backup anew:",
            "run",
        ),
        BackupState::Failed => {
            ("The last run made no backup. Those before it are untouched. This tells more:", "status")
        }
        BackupState::HookFailed => (
            "A command of its hook failed or has not run yet, so something may still be stopped. This tells more:",
            "status",
        ),
        BackupState::Incomplete => (
            "The newest backup lacks something. Complete ones before it are untouched. This tells more:",
            "status",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use backup_core::manager::{HeldBackup, NextRun};
    use backup_core::model::history::{Hold, SourceLevel};
    use backup_core::testing::at;

    use super::*;

    #[test]
    fn each_alarm_has_an_advice_and_nothing_else_has() {
        for state in BackupState::ALL {
            assert_eq!(of_state(state, "docs").is_some(), state.is_alarm(), "{state:?}");
        }
    }

    #[test]
    fn a_command_can_be_pasted() {
        let shown = of_state(BackupState::Overdue, "it's <b>").expect("it is an alarm");
        assert!(
            shown.ends_with("<code>backup_manager why &#39;it&#39;\\&#39;&#39;s &lt;b&gt;&#39;</code>"),
            "{shown}"
        );
    }

    /// A backup in that state that is held, with a name that needs quotes.
    fn held(state: BackupState, before: Option<&str>) -> BackupStatus {
        let began = at("2026-03-10 16:07");
        let latest = SourceLevel { began, entries: 9, profile: None };
        let before = before.map(str::to_owned);
        let hold = Hold { began, since: began, anomalies: Vec::new(), before, latest };
        let name = "it's".parse().expect("the name is good");
        let held = HeldBackup { name, hold, archive: None, kept_archives: 1, kept_bytes: 1 };
        BackupStatus {
            archives: None,
            name: "it's".into(),
            state,
            index: 0,
            next_run: NextRun::Never,
            last_good: None,
            held: Some(Box::new(held)),
            lines: Vec::new(),
        }
    }

    #[test]
    fn the_backup_before_a_suspicious_change_can_be_looked_at() {
        let before = "it's.2026-03-09T16-07+0000.tar";
        let shown = advice(&held(BackupState::Held, Some(before))).expect("it is an alarm");
        let word = "&#39;it&#39;\\&#39;&#39;s";
        let (name, before) = (format!("{word}&#39;"), format!("{word}.2026-03-09T16-07+0000.tar&#39;"));
        for command in [
            format!("diff {name} {before}"),
            format!("restore {name} --generation {before}"),
            format!("accept {name}"),
        ] {
            assert!(shown.contains(&format!("<code>backup_manager {command}</code>")), "{command}: {shown}");
        }
        // Without such a backup, or where something is worse, there is nothing to look at.
        let shown = advice(&held(BackupState::Held, None)).expect("it is an alarm");
        assert_eq!(shown.matches("<code>").count(), 1, "{shown}");
        let shown = advice(&held(BackupState::Missing, Some(&before))).expect("it is an alarm");
        assert_eq!(shown.matches("<code>").count(), 1, "{shown}");
    }
}
