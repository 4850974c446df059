//! The words for states, outcomes and ages, which all views share.

use backup_core::manager::BackupState;
use chrono::TimeDelta;

/// Returns the word for a state. One in capitals asks for somebody.
#[must_use]
pub fn label(state: BackupState) -> &'static str {
    match state {
        BackupState::Missing => "MISSING",
        BackupState::Changed => "CHANGED",
        BackupState::Damaged => "DAMAGED",
        BackupState::Unreadable => "UNREADABLE",
        BackupState::Held => "HELD",
        BackupState::DrillFailed => "DRILL FAILED",
        BackupState::Overdue => "OVERDUE",
        BackupState::Unknown => "UNKNOWN",
        BackupState::Conflict => "CONFLICT",
        BackupState::DrillOverdue => "DRILL LATE",
        BackupState::Unsure => "UNSURE",
        BackupState::Failed => "FAILED",
        BackupState::Incomplete => "INCOMPLETE",
        BackupState::HookFailed => "HOOK FAILED",
        BackupState::OlderFlawed => "OLDER DAMAGED",
        BackupState::Malformed => "MALFORMED",
        BackupState::Refused => "REFUSED",
        BackupState::NeverRan => "never ran",
        other => other.word(),
    }
}

/// Returns an age in its largest unit. An age below zero is `?`, because a clock was wrong.
#[must_use]
pub fn age(age: TimeDelta) -> String {
    match age {
        age if age < TimeDelta::zero() => "?".to_owned(),
        age if age < TimeDelta::minutes(1) => format!("{} s", age.num_seconds()),
        age if age < TimeDelta::hours(1) => format!("{} min", age.num_minutes()),
        age if age < TimeDelta::days(2) => format!("{} h", age.num_hours()),
        age => format!("{} days", age.num_days()),
    }
}

/// Returns how long something took.
#[must_use]
pub fn took(took: TimeDelta) -> String {
    let (hours, minutes, seconds) = (took.num_hours(), took.num_minutes() % 60, took.num_seconds() % 60);
    match took {
        took if took < TimeDelta::zero() => "?".to_owned(),
        took if took < TimeDelta::minutes(1) => format!("{seconds} s"),
        took if took < TimeDelta::hours(1) => format!("{minutes} min {seconds:02} s"),
        _ => format!("{hours} h {minutes:02} min"),
    }
}

/// Returns a growth in percent.
#[must_use]
pub fn growth(percent: i64) -> String {
    match percent {
        0 => "0 %".to_owned(),
        1_000.. => ">999 %".to_owned(),
        _ => format!("{percent:+} %"),
    }
}

/// Returns a number with its noun, in the plural where that fits.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_growths_are_short() {
        let ages =
            [(-1, "?"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (172_799, "47 h"), (172_800, "2 days")];
        for (seconds, expected) in ages {
            assert_eq!(age(TimeDelta::seconds(seconds)), expected);
        }
        for (percent, expected) in
            [(0, "0 %"), (3, "+3 %"), (-100, "-100 %"), (999, "+999 %"), (1_000, ">999 %")]
        {
            assert_eq!(growth(percent), expected);
        }
    }
}
