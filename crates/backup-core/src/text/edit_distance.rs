//! Edit distance: finds the known word that is most similar to a misspelled one.

/// Returns the known word with the smallest edit distance to `given`, or `None` if no word is known.
///
/// Of several such words, the first counts.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|word| distance(given, word))
}

/// Returns the known word with the smallest edit distance to `given`, if at most two letters differ.
///
/// ```
/// use backup_core::text::near;
///
/// assert_eq!(near("restor", ["run", "restore"]), Some("restore"));
/// assert_eq!(near("frobnicate", ["run", "restore"]), None);
/// ```
pub fn near<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(given, known).filter(|word| distance(given, word) <= MAX_TYPOS)
}

/// The largest edit distance that still counts as a misspelling of the same word.
const MAX_TYPOS: usize = 2;

/// Returns the Levenshtein distance.
///
/// It is computed row by row: `row[n]` is the distance between the letters read so far of `one` and the first n of `other`.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (read, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = read + 1;
        for (column, expected) in (1..).zip(other.chars()) {
            let changed = diagonal + usize::from(letter != expected);
            diagonal = row[column];
            row[column] = changed.min(diagonal + 1).min(row[column - 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_letters() {
        let cases = [
            ("", "", 0),
            ("abc", "abc", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("exlude", "exclude", 1),
            ("exclude", "exlude", 1),
            ("größe", "grösse", 2),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn finds_the_nearest_word() {
        let known = ["exclude", "one-file-system", "exclude-caches"];
        let cases = [
            ("exlude", "exclude"),
            ("Exclude", "exclude"),
            ("exclude-cache", "exclude-caches"),
            ("onefilesystem", "one-file-system"),
            ("", "exclude"),
        ];
        for (given, expected) in cases {
            assert_eq!(nearest(given, known), Some(expected), "{given}");
        }
        assert_eq!(nearest("x", []), None);
        let cases = [
            ("exlude", Some("exclude")),
            ("exclud-cache", Some("exclude-caches")),
            ("exile", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(near(given, known), expected, "{given}");
        }
    }
}
