//! The lines of a log, without their time.

/// Returns the messages of a log's text.
///
/// # Panics
/// When a line does not begin with `[dd/mm/yyyy hh:mm] `, or the last one has no end.
#[must_use]
pub fn messages(log: &str) -> Vec<String> {
    assert!(log.is_empty() || log.ends_with('\n'), "the last line has no end: {log}");
    log.lines().map(message).collect()
}

fn message(line: &str) -> String {
    let stamp = "[dd/mm/yyyy hh:mm] ";
    let fits = |(found, wanted): (char, char)| {
        if wanted.is_ascii_alphabetic() { found.is_ascii_digit() } else { found == wanted }
    };
    let is_stamped = line.chars().count() > stamp.len() && line.chars().zip(stamp.chars()).all(fits);
    assert!(is_stamped, "no time at the beginning of: {line}");
    line[stamp.len()..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_time_away() {
        assert_eq!(messages("[21/11/2026 20:32] Show schedules list\n"), ["Show schedules list"]);
    }

    #[test]
    #[should_panic(expected = "no time")]
    fn wants_a_time() {
        let _ = messages("[21/11/26 20:32] Show schedules list\n");
    }
}
