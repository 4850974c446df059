//! Words: lists, ranges and ordinal numbers.

/// Returns values with at least three in a row written as a range: "1, 3 and 5 to 9".
pub(super) fn ranges(values: &[u32], name: impl Fn(&u32) -> String) -> String {
    let runs = values.chunk_by(|before, after| before + 1 == *after);
    let texts = runs.flat_map(|run| match run {
        [first, _, .., last] => vec![format!("{} to {}", name(first), name(last))],
        few => few.iter().map(&name).collect(),
    });
    listed(&texts.collect::<Vec<_>>())
}

/// Returns the first and the last value, if the values are at least three in a row.
pub(super) fn span(values: &[u32]) -> Option<(u32, u32)> {
    let is_in_a_row = values.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match values {
        [first, _, .., last] if is_in_a_row => Some((*first, *last)),
        _ => None,
    }
}

/// Returns the values whose bits are set.
pub(super) fn values(mask: u64) -> Vec<u32> {
    (0..64).filter(|value| mask >> value & 1 == 1).collect()
}

/// Returns "1st", "2nd", "3rd", "4th" and so on.
pub(super) fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Returns "a, b and c".
pub(super) fn listed(texts: &[String]) -> String {
    joined(texts, "and")
}

/// Returns "a, b or c", with the given word before the last text.
pub(super) fn joined(texts: &[String], conjunction: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} {conjunction} {last}", others.join(", ")),
    }
}
