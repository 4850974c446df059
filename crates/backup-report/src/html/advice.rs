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
            "A command of its hook failed or is owed, so something may still be stopped. This tells more:",
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

    #[test]
    fn the_backup_before_a_suspicious_change_can_be_looked_at() {
        let shown = look_before("it's <b>", "it's <b>.2026-03-09T16-07+0000.tar");
        let word = "&#39;it&#39;\\&#39;&#39;s &lt;b&gt;";
        let (name, before) = (format!("{word}&#39;"), format!("{word}.2026-03-09T16-07+0000.tar&#39;"));
        assert!(shown.contains(&format!("<code>backup_manager diff {name} {before}</code>")), "{shown}");
        let restore = format!("<code>backup_manager restore {name} --generation {before}</code>");
        assert!(shown.contains(&restore), "{shown}");
    }
}
