//! Fault column: where in a line the mistake is.

use crate::model::schedule::entry_error::EntryError;
use crate::model::schedule::options::Options;

/// Returns the column of the mistake, counted in characters from 1: that in the time, or the beginning of any other field.
///
/// Returns `None` if the mistake isn't in one field.
#[must_use]
pub fn fault_column(line: &str, fault: &EntryError) -> Option<usize> {
    let fields: Vec<&str> = line.split(';').collect();
    let mut within = 0;
    let place = match fault {
        EntryError::EmptySource | EntryError::LooksLikeComment | EntryError::ControlCharacter => 0,
        EntryError::Time(error) => {
            within = error.column - 1;
            1
        }
        EntryError::Past => 1,
        EntryError::Name(_)
        | EntryError::InvisibleInName(_)
        | EntryError::UnclearEnding { .. }
        | EntryError::TrailingComment => 2,
        EntryError::Option(_) => OPTIONS + first_invalid(fields.get(OPTIONS..)?)?,
        EntryError::Fields(_) | EntryError::Separator(_) | EntryError::NotUtf8 | EntryError::Nuls => {
            return None;
        }
    };
    let before = fields.get(..place)?;
    Some(before.iter().map(|field| field.chars().count() + 1).sum::<usize>() + within + 1)
}

/// The number of fields before the options.
const OPTIONS: usize = 3;

/// Returns the place of the first option that isn't valid behind those before it.
fn first_invalid(options: &[&str]) -> Option<usize> {
    (0..options.len()).find(|last| Options::parse(options[..=*last].iter().copied()).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::ScheduleEntry;

    #[test]
    fn the_column_is_that_of_the_field() {
        let cases = [
            (";16:07;docs", Some(1)),
            ("Größe;25:00;docs", Some(7)),
            ("Größe;16:70;docs", Some(10)),
            ("docs;Mon-Fri 02:00;docs", Some(9)),
            ("docs;16:07;a/b", Some(12)),
            ("docs;16:07;do\u{200b}cs", Some(12)),
            ("docs;16:07;docs;kep=last:3", Some(17)),
            ("docs;16:07;docs;verify=yes;keep=last:0", Some(28)),
            ("docs;16:07;docs;keep=last:3;keep=last:3", Some(29)),
            ("docs;16:07", None),
        ];
        for (line, expected) in cases {
            let fault = line.parse::<ScheduleEntry>().unwrap_err();
            assert_eq!(fault_column(line, &fault), expected, "{line}");
        }
    }
}
