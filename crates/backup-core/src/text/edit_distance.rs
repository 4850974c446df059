//! Edit distance: finds the known word that is meant by a misspelled one.

/// Returns the known word that `given` most likely stands for, or `None` if a suggestion would be a guess.
///
/// It differs in one letter, or two swapped ones; in two if the word is longer than four letters and begins with the same
/// one. Otherwise it is the only known word that begins with `given`, of at least three letters. Case makes no difference.
///
/// ```
/// use backup_core::text::near;
///
/// assert_eq!(near("restor", ["run", "restore"]), Some("restore"));
/// assert_eq!(near("rset", ["run", "restore", "rest"]), Some("rest"));
/// assert_eq!(near("frobnicate", ["run", "restore"]), None);
/// ```
pub fn near<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    let misspelled = known.iter().filter(|word| distance(&given, word) <= max_typos(&given, word));
    let nearest = misspelled.min_by_key(|word| distance(&given, word));
    nearest.copied().or_else(|| only_beginning(&given, &known))
}

/// Returns the largest edit distance that still counts as a misspelling of that word.
fn max_typos(given: &str, word: &str) -> usize {
    if word.chars().count() > 4 && given.chars().next() == word.chars().next() { 2 } else { 1 }
}

fn only_beginning<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let mut longer = known.iter().filter(|word| word.starts_with(given));
    longer.next().filter(|_| given.len() >= 3 && longer.next().is_none()).copied()
}

/// Returns the edit distance, in which two swapped neighbours count once (optimal string alignment).
///
/// It is computed row by row: `row[n]` is the distance between the letters read so far of `one` and the first n of `other`.
fn distance(one: &str, other: &str) -> usize {
    let letters: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=letters.len()).collect();
    let (mut before, mut last) = (row.clone(), None);
    for (read, letter) in one.chars().enumerate() {
        let mut next = vec![read + 1];
        for (column, expected) in letters.iter().enumerate() {
            let changed = row[column] + usize::from(letter != *expected);
            let mut least = changed.min(row[column + 1] + 1).min(next[column] + 1);
            if column > 0 && last == Some(*expected) && letters[column - 1] == letter {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        (before, row, last) = (row, next, Some(letter));
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
            ("list", "lsit", 1),
            ("abcd", "badc", 2),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn finds_the_word_that_is_meant_or_none() {
        let known = ["exclude", "one-file-system", "exclude-caches", "run", "list", "yearly"];
        let cases = [
            ("exlude", Some("exclude")),
            ("Exclude", Some("exclude")),
            ("exclud-cache", Some("exclude-caches")),
            ("onefilesystem", Some("one-file-system")),
            ("lsit", Some("list")),
            ("rnu", Some("run")),
            ("one", Some("one-file-system")),
            // Two words begin like this.
            ("exc", None),
            ("ru", Some("run")),
            ("on", None),
            ("hourly", None),
            ("ran away", None),
            ("exile", None),
            ("", None),
        ];
        for (given, expected) in cases {
            assert_eq!(near(given, known), expected, "{given}");
        }
        assert_eq!(near("x", []), None);
    }
}
