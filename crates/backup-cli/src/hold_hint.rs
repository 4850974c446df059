//! Hold hint: how to look at what a hold is about, and what ends it.

use backup_core::text::{printable, shell_word};

/// Returns what ends a hold.
pub(crate) fn hold_ends_by(name: &str) -> String {
    format!(
        "once all is as it should be, `backup_manager accept {}` ends the hold",
        shell_word(name.as_bytes())
    )
}

/// Returns which archive is the newest one from before a hold, and how to take it.
pub(crate) fn before_suspicion(before: Option<&str>) -> String {
    match before {
        Some(before) => format!(
            "the newest backup from before that is {}: --generation {} takes it",
            printable(before.as_bytes()),
            shell_word(before.as_bytes())
        ),
        None => "no backup from before that is left".to_owned(),
    }
}

/// Returns how to look at the backup from before the hold, and how to get it back, given its file name.
pub(crate) fn look_before(name: &str, before: &str) -> [String; 2] {
    let [name, word] = [name, before].map(|word| shell_word(word.as_bytes()));
    let before = printable(before.as_bytes());
    [
        format!("the backup before it is {before}: `backup_manager diff {name} {word}` shows what differs"),
        format!("`backup_manager restore {name} --generation {word}` gets that one back, into a new folder"),
    ]
}
